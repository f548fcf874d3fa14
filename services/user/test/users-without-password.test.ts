import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, newAccount, password, type TestApp } from './app.ts'

/** One app issues tokens itself, the other is without local accounts. */
const apps: TestApp[] = []

before(async () => {
  apps.push(await createTestApp(), await createTestApp({ localAccounts: false }))
})
after(() => Promise.all(apps.map((context) => context.close())))

const [own, provided] = [() => apps[0] as TestApp, () => apps[1] as TestApp]

async function ensureUser(
  { database }: TestApp,
  { email = null, name = null }: { email?: string | null; name?: string | null } = {},
): Promise<string> {
  const id = uuidv7()
  await database.owner.query({ text: 'SELECT ensure_user($1, $2, $3)', values: [id, email, name] })
  return id
}

async function nobodyOf({ database }: TestApp, id: string) {
  const [row] = await database.owner.query<{ deleted: boolean; nothing: boolean }>({
    text: `SELECT deleted_at IS NOT NULL AS deleted, num_nonnulls(email, name, password_hash) = 0 AS nothing
           FROM users WHERE id = $1`,
    values: [id],
  })
  return row
}

test('a user of an identity provider is shown with what the provider told', async () => {
  for (const context of apps) {
    const cases = [{ email: 'zoe@example.com', name: 'Zoë' }, { name: 'Zoë' }, {}]
    for (const profile of cases) {
      const id = await ensureUser(context, profile)
      const shown = { email: null, name: null, ...profile }
      const headers = await context.asUser(id)
      const me = (await context.app.inject({ url: '/users/me', headers })).json()
      assert.partialDeepStrictEqual(me, { id, ...shown, role: 'customer' })
      const admin = await context.asUser(uuidv7(), 'admin')
      const found = (await context.app.inject({ url: `/users?ids=${id}`, headers: admin })).json()
      assert.deepEqual(found, { data: [{ id, ...shown }] })
    }
  }
})

test('the role is that of the token, for the caller alone', async () => {
  for (const context of apps) {
    const id = await ensureUser(context)
    const asAdmin = await context.asUser(id, 'admin')
    const roleIn = async (request: InjectOptions) => (await context.app.inject(request)).json().role
    assert.equal(await roleIn({ url: '/users/me', headers: asAdmin }), 'admin')
    const renaming = { method: 'PATCH', url: '/users/me', body: { name: 'Zoë' } } as const
    assert.equal(await roleIn({ ...renaming, headers: asAdmin }), 'admin')
    assert.equal(await roleIn({ url: `/users/${id}`, headers: asAdmin }), 'admin')
    const otherAdmin = await context.asUser(uuidv7(), 'admin')
    assert.equal(await roleIn({ url: `/users/${id}`, headers: otherAdmin }), 'customer')
    assert.equal(await roleIn({ url: '/users/me', headers: await context.asUser(id) }), 'customer')
  }
})

test('nobody can log in as a user without a password, or take the email', async () => {
  const context = own()
  const email = 'known@example.com'
  const id = await ensureUser(context, { email, name: 'Known' })
  for (const guess of ['', password, 'null', 'undefined'])
    assert.equal((await context.login({ email, password: guess })).statusCode, 401)
  assert.equal((await context.register({ ...newAccount(), email })).json().code, 'email_taken')
  const change = await context.app.inject({
    method: 'POST',
    url: '/users/me/password',
    headers: await context.asUser(id),
    body: { currentPassword: '', newPassword: password },
  })
  assert.equal(change.json().code, 'invalid_credentials')
})

test('a user without a password changes the name and deletes the account with the token alone', async () => {
  for (const context of apps) {
    const id = await ensureUser(context, { email: `${uuidv7()}@example.com` })
    const headers = await context.asUser(id)
    const me = { url: '/users/me', headers }
    const renamed = await context.app.inject({ ...me, method: 'PATCH', body: { name: 'Zoë' } })
    assert.equal(renamed.json().name, 'Zoë')
    assert.equal((await context.app.inject({ ...me, method: 'DELETE', body: {} })).statusCode, 204)
    assert.deepEqual(await nobodyOf(context, id), { deleted: true, nothing: true })
    assert.equal((await context.app.inject(me)).statusCode, 401)

    // as the order service does for the next order of the same token
    await context.database.owner.query({
      text: 'SELECT ensure_user($1, $2, $3)',
      values: [id, 'back@example.com', 'Back'],
    })
    assert.deepEqual(await nobodyOf(context, id), { deleted: true, nothing: true })
  }
})

test('an account with a password still needs it to be deleted', async () => {
  const context = own()
  const { id } = (await context.register(newAccount())).json()
  const remove = async (body: object) =>
    context.app.inject({ method: 'DELETE', url: '/users/me', headers: await context.asUser(id), body })
  const refused = await remove({})
  assert.deepEqual([refused.statusCode, refused.json().errors[0].pointer], [400, '/password'])
  assert.equal((await remove({ password: 'a guess' })).statusCode, 401)
  assert.equal((await remove({ password })).statusCode, 204)
})

test('without local accounts, a password of former times is neither asked for nor accepted', async () => {
  const context = provided()
  const id = uuidv7()
  await context.database.owner.query({
    text: `INSERT INTO users (id, email, password_hash, name) VALUES ($1, 'old@example.com', '$argon2id$none', 'Old')`,
    values: [id],
  })
  const headers = await context.asUser(id)
  const response = await context.app.inject({ method: 'DELETE', url: '/users/me', headers, body: {} })
  assert.equal(response.statusCode, 204)
  assert.deepEqual(await nobodyOf(context, id), { deleted: true, nothing: true })
})

test('without local accounts there are no routes for passwords, sessions and keys, nor in the document', async () => {
  const closed = [
    'POST /users/register',
    'POST /users/login',
    'POST /users/refresh',
    'POST /users/logout',
    'POST /users/me/password',
    'GET /.well-known/jwks.json',
  ]
  const operationsOf = async ({ app }: TestApp) => {
    const { paths } = (await app.inject('/openapi.json')).json()
    return Object.entries<object>(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
  }
  const left = await operationsOf(provided())
  const all = await operationsOf(own())
  assert.deepEqual(all.filter((operation) => !left.includes(operation)).toSorted(), closed.toSorted())
  const headers = await provided().asUser(uuidv7())
  for (const operation of closed) {
    const [method, url] = operation.split(' ') as ['POST' | 'GET', string]
    const response = await provided().app.inject({
      method,
      url,
      headers,
      ...(method === 'POST' && { body: {} }),
    })
    // 405 where the path could be that of a user
    assert.match(String(response.statusCode), /^40[45]$/, operation)
  }
})
