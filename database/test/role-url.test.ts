import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { urlForRole } from '../src/role-url.ts'
import { scramVerifier } from '../src/scram.ts'

let database: TestDatabase
const role = `test_${process.pid}_url`

before(async () => {
  database = await createTestDatabase('order_service')
  await database.owner.query({ text: `CREATE ROLE ${role} LOGIN` })
  const [row] = await database.owner.query<{ name: string }>({ text: 'SELECT current_database() AS name' })
  await database.owner.query({ text: `GRANT CONNECT ON DATABASE ${row?.name} TO ${role}` })
})
after(async () => {
  await database.owner.query({ text: `DROP OWNED BY ${role}` })
  await database.owner.query({ text: `DROP ROLE ${role}` })
  await database.drop()
})

/** Logs in with the URL. Returns the database's current_user. */
async function userOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query('SELECT current_user AS name')).rows[0].name
  } finally {
    await client.end()
  }
}

/** Characters with a meaning in URLs or in SQL, and text that SASLprep changes. */
const passwords = [
  'a%40b',
  '100%',
  '%zz',
  'p@ss:w/rd?#[]',
  'with  spaces ',
  `'"\\$(x)\`; --`,
  '+&=;,!*()~',
  'pässwörd',
  'ﬁne\u00a0x\u00ad', // ligature, no-break space, soft hyphen: SASLprep replaces them
  'cafe\u0301',
  'пароль',
  '密碼🔑',
  'العربية',
]

for (const password of passwords) {
  test(`a role whose password is ${JSON.stringify(password)} can log in`, async () => {
    await database.owner.query({ text: `ALTER ROLE ${role} PASSWORD '${await scramVerifier(password)}'` })
    assert.equal(await userOf(urlForRole(database.urlOf('owner'), { name: role, password })), role)
    await assert.rejects(
      userOf(urlForRole(database.urlOf('owner'), { name: role, password: `${password}x` })),
      { code: '28P01' },
    )
  })

  test(`PostgreSQL computes the same verifier for ${JSON.stringify(password)}`, async () => {
    await database.owner.query({ text: `ALTER ROLE ${role} PASSWORD ${pg.escapeLiteral(password)}` })
    const [row] = await database.owner.query<{ verifier: string }>({
      text: 'SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1',
      values: [role],
    })
    const [, iterations, salt = ''] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(row?.verifier ?? '') ?? []
    assert.equal(
      await scramVerifier(password, {
        salt: Buffer.from(salt, 'base64'),
        iterations: Number(iterations),
      }),
      row?.verifier,
    )
  })
}

test('user and password parameters of the URL are replaced, as pg would prefer them', async () => {
  const url = new URL(database.urlOf('owner'))
  url.searchParams.set('user', 'shop')
  url.searchParams.set('password', decodeURIComponent(url.password))
  await database.owner.query({ text: `ALTER ROLE ${role} PASSWORD '${await scramVerifier('a%40b')}'` })
  assert.equal(await userOf(urlForRole(url.href, { name: role, password: 'a%40b' })), role)
})

test('a URL without a host, as for a socket, gets the role as parameters', () => {
  const url = urlForRole('postgres:///shop?host=/run/postgresql', { name: 'r', password: 'a%40b&c' })
  const { user, password, host, database } = new pg.Client({ connectionString: url })
  assert.deepEqual(
    { user, password, host, database },
    { user: 'r', password: 'a%40b&c', host: '/run/postgresql', database: 'shop' },
  )
})

test("a service's URL is the owner's with another user and password", () => {
  assert.equal(
    urlForRole('postgres://shop:secret@db.example:5433/shop?sslmode=require', {
      name: 'order_service',
      password: 'a/b@c%40',
    }),
    'postgres://order_service:a%2Fb%40c%2540@db.example:5433/shop?sslmode=require',
  )
})
