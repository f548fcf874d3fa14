import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseOptions, verify } from '@node-rs/argon2'
import { createTestApp, newAccount, password, type TestApp } from '../app.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

test('POST /users/register returns 201 with the new customer and its Location', async () => {
  const account = newAccount()
  const response = await context.register(account)

  assert.equal(response.statusCode, 201, response.body)
  const { id, createdAt, updatedAt, ...rest } = response.json()
  assert.deepEqual(rest, { email: account.email, name: account.name, role: 'customer' })
  assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000)
  assert.equal(updatedAt, createdAt)
  assert.equal(response.headers.location, `/users/${id}`)
})

test('the email is stored as given', async () => {
  const account = { ...newAccount(), email: 'Ada.Lovelace+shop@Example.COM' }
  assert.equal((await context.register(account)).json().email, account.email)
})

test("the password is stored as argon2id with OWASP's parameters and its own salt", async () => {
  const ids = [await context.register(newAccount()), await context.register(newAccount())].map(
    (response) => response.json().id,
  )
  const rows = await context.database.owner.query<{ hash: string }>({
    text: 'SELECT password_hash AS hash FROM users WHERE id = ANY($1)',
    values: [ids],
  })
  const [first, second] = rows.map((row) => row.hash) as [string, string]
  assert.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.deepEqual([parseOptions(first).saltLen, parseOptions(first).outputLen], [16, 32])
  assert.ok(await verify(first, password))
  assert.notEqual(first, second)
})

for (const change of [
  (email: string) => email,
  (email: string) => email.toUpperCase(),
  (email: string) => email.replace('u', 'U'),
]) {
  test(`${change('user@example.com')} is taken when user@example.com is`, async () => {
    const account = newAccount()
    await context.register(account)
    const response = await context.register({ ...account, email: change(account.email), name: 'Another' })
    assert.equal(response.statusCode, 409, response.body)
    assert.equal(response.json().code, 'email_taken')
    assert.equal(response.headers.location, undefined)
  })
}

test('of many simultaneous registrations with one email, in any capitalisation, exactly one succeeds', async () => {
  const { email, name } = newAccount()
  const capitalised = (index: number) => email.slice(0, index).toUpperCase() + email.slice(index)
  const responses = await Promise.all(
    Array.from({ length: 12 }, (_, index) => context.register({ email: capitalised(index), password, name })),
  )
  const statuses = responses.map((response) => response.statusCode).sort()
  assert.deepEqual(statuses, [201, ...Array(11).fill(409)])
})

const accepted: Record<string, string> = {
  'of 8 characters': '12345678',
  'of 128 characters': 'x'.repeat(128),
  'of 128 characters outside the BMP': '🔑'.repeat(128),
  'with spaces around it': '  spaced out  ',
  'with control characters': 'tab\tline\nbell\u0007',
  'in any script': 'пароль密码كلمة',
}

for (const [name, text] of Object.entries(accepted)) {
  test(`a password ${name} is accepted, and only all of it logs in`, async () => {
    const account = { ...newAccount(), password: text }
    assert.equal((await context.register(account)).statusCode, 201)
    const login = (attempt: string) => context.login({ email: account.email, password: attempt })
    assert.equal((await login(text)).statusCode, 200)
    assert.equal((await login([...text].slice(0, -1).join(''))).statusCode, 401)
    assert.equal((await login(text.trim() === text ? `${text} ` : text.trim())).statusCode, 401)
  })
}

test('a password is the same however the keyboard composes its letters', async () => {
  const account = { ...newAccount(), password: 'caf\u00e9 au lait' }
  await context.register(account)
  const response = await context.login({ email: account.email, password: 'cafe\u0301 au lait' })
  assert.equal(response.statusCode, 200)
})
