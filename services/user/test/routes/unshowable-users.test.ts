import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestApp, newAccount, type TestApp } from '../app.ts'

let context: TestApp
const logLines: string[] = []

before(async () => {
  context = await createTestApp({ logLines })
})
after(() => context.close())

test('an account that cannot be shown is an error, and is not stored', async (t) => {
  const { owner } = context.database
  await owner.query({
    text: `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN PERFORM set_config('TimeZone', 'Asia/Tokyo', false); RETURN NEW; END $$`,
  })
  await owner.query({
    text: 'CREATE TRIGGER spoil BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION spoil()',
  })
  const repair = () => owner.query({ text: 'DROP FUNCTION IF EXISTS spoil CASCADE' })
  t.after(repair)
  const account = newAccount()
  assert.equal((await context.register(account)).statusCode, 500)
  await repair()
  // the email is still free
  assert.equal((await context.register(account)).statusCode, 201)
})

for (const column of ['created_at', 'updated_at']) {
  for (const time of ['infinity', '20226-03-01', '0044-03-15 BC', '-infinity']) {
    test(`the database refuses ${time} as ${column} of a user`, async () => {
      const { id } = (await context.register(newAccount())).json()
      const change = { text: `UPDATE users SET ${column} = '${time}' WHERE id = $1`, values: [id] }
      await assert.rejects(context.database.owner.query(change), { constraint: `users_${column}_check` })
    })
  }
}

test('a user with an impossible time is shown with the nearest possible one, and is logged', async () => {
  const { owner } = context.database
  const { id } = (await context.register(newAccount())).json()
  await owner.query({ text: 'ALTER TABLE users DROP CONSTRAINT users_created_at_check' })
  await owner.query({ text: `UPDATE users SET created_at = 'infinity' WHERE id = $1`, values: [id] })

  logLines.length = 0
  const response = await context.app.inject({ url: '/users/me', headers: await context.asUser(id) })
  assert.equal(response.statusCode, 200, response.body)
  assert.equal(response.json().createdAt, '9999-12-31T23:59:59.999Z')
  const [warning] = logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn')
  assert.deepEqual([warning.table, warning.rows[0].id], ['users', id])
})
