import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, newAccount, password, type TestApp } from '../app.ts'

type User = { id: string; name: string; email: string }

let context: TestApp
const users: User[] = []

before(async () => {
  context = await createTestApp()
  for (let i = 0; i < 3; i++) {
    const { id, name, email } = (await context.register(newAccount())).json()
    users.push({ id, name, email })
  }
})
after(() => context.close())

const find = async (query: string, role: 'customer' | 'admin' = 'admin') =>
  context.app.inject({ url: `/users${query}`, headers: await context.asUser(uuidv7(), role) })

const byId = (list: User[]) => list.toSorted((a, b) => a.id.localeCompare(b.id))

test('GET /users?ids= returns id, name and email of each user, without unknown ones', async () => {
  const ids = [...users.map(({ id }) => id), uuidv7(), users[0]?.id.toUpperCase()]
  const response = await find(`?ids=${ids}`)
  assert.equal(response.statusCode, 200, response.body)
  const { data, ...rest } = response.json()
  assert.deepEqual(byId(data), byId(users))
  assert.deepEqual(rest, {})
  assert.equal(response.headers['cache-control'], 'no-store')
})

test('up to 100 ids can be asked for', async () => {
  const unknown = Array.from({ length: 99 }, () => uuidv7())
  assert.deepEqual((await find(`?ids=${[...unknown, users[0]?.id]}`)).json(), { data: [users[0]] })
  assert.equal((await find(`?ids=${[...unknown, ...unknown].slice(0, 101)}`)).statusCode, 400)
})

test('GET /users?email= returns the user with this email in any capitalisation, and only for the whole of it', async () => {
  const [user] = users
  assert.ok(user)
  assert.deepEqual((await find(`?email=${user.email.toUpperCase()}`)).json(), { data: [user] })
  assert.deepEqual((await find(`?email=${user.email.slice(1)}`)).json(), { data: [] })
  assert.deepEqual((await find('?email=%25%40example.com')).json(), { data: [] })
})

test('a plus in an email is found when it is percent-encoded', async () => {
  const account = { ...newAccount(), email: 'plus+shop@example.com' }
  await context.register(account)
  const [found] = (await find('?email=plus%2Bshop@example.com')).json().data
  assert.equal(found.email, account.email)
})

test('deleted users are left out', async () => {
  const account = newAccount()
  const { id } = (await context.register(account)).json()
  const headers = await context.asUser(id)
  await context.app.inject({ method: 'DELETE', url: '/users/me', body: { password }, headers })
  assert.deepEqual((await find(`?ids=${id}`)).json(), { data: [] })
  assert.deepEqual((await find(`?email=${account.email}`)).json(), { data: [] })
})

const id = uuidv7()
for (const [what, query, parameter] of [
  ['neither parameter', '', 'ids'],
  ['both parameters', `?ids=${id}&email=a@example.com`, 'ids'],
  ['no ids', '?ids=', 'ids'],
  ['an id that is no UUID', '?ids=1', 'ids'],
  ['a comma at the end', `?ids=${id},`, 'ids'],
  ['a space after a comma', `?ids=${id},%20${id}`, 'ids'],
  ['a URN', `?ids=urn:uuid:${id}`, 'ids'],
  ['ids twice', `?ids=${id}&ids=${id}`, 'ids'],
  ['no email', '?email=', 'email'],
  ['half an email', '?email=alice', 'email'],
  ['an email with NUL', '?email=a%00@example.com', 'email'],
  ['another parameter', `?ids=${id}&limit=1`, 'limit'],
] as const) {
  test(`GET /users with ${what} is a 400 that names ${parameter}`, async () => {
    const response = await find(query)
    assert.equal(response.statusCode, 400, response.body)
    assert.equal(response.json().errors[0].parameter, parameter)
  })
}

test('a customer gets a 403, even for a request that is not valid, and for their own id', async () => {
  for (const query of [`?ids=${users[0]?.id}`, '?email=alice@example.com', '', '?ids=1']) {
    const response = await find(query, 'customer')
    assert.equal(response.statusCode, 403)
    assert.equal(response.json().code, 'role_required')
  }
  const own = { url: `/users?ids=${users[0]?.id}`, headers: await context.asUser(String(users[0]?.id)) }
  assert.equal((await context.app.inject(own)).statusCode, 403)
})

test('without a token it is a 401', async () => {
  const response = await context.app.inject({ url: `/users?ids=${users[0]?.id}` })
  assert.deepEqual([response.statusCode, response.json().code], [401, 'token_missing'])
})
