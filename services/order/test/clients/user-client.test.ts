import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createServiceClient } from '@shop/service/client/service-client'
import { AppError, ValidationError } from '@shop/service/errors'
import { createLogger } from '@shop/service/logger'
import { MockAgent } from 'undici'
import { v7 as uuidv7 } from 'uuid'
import { createUserClient, maxUsersSize } from '../../src/clients/user-client.ts'
import { createUserService } from '../user-service.ts'

const context = { requestId: 'req-1', log: createLogger({ name: 'test', level: 'silent' }) }

const alice = { id: '00000000-0000-7000-8000-0000000000a1', email: 'Alice+shop@example.com', name: 'Alice' }

function setUp(t: TestContext) {
  const service = createUserService([alice])
  t.after(() => service.close())
  return service
}

/** Returns a client whose every call is answered with this body. */
function answeredWith(t: TestContext, body: unknown) {
  const agent = new MockAgent()
  agent.disableNetConnect()
  t.after(() => agent.close())
  agent
    .get('http://user.test')
    .intercept({ path: /^\/users\?/ })
    .reply(200, JSON.stringify(body), { headers: { 'content-type': 'application/json' } })
  const config = { upstreamTimeoutMs: 10_000, upstreamBreakerThreshold: 100, upstreamBreakerOpenMs: 1000 }
  return createUserClient(
    createServiceClient({ name: 'user', baseUrl: 'http://user.test', config, dispatcher: agent }),
  )
}

const isBadGateway = (error: unknown) => error instanceof AppError && error.status === 502

test('getUsers asks once for each user, whatever the capitals, and returns those that exist', async (t) => {
  const { users, calls } = setUp(t)
  const unknown = uuidv7()
  const found = await users.getUsers([alice.id, alice.id.toUpperCase(), unknown, alice.id], context)
  assert.deepEqual([...found], [[alice.id, alice]])
  assert.deepEqual(
    calls.map(({ path }) => path),
    [`/users?ids=${alice.id},${unknown}`],
  )
})

test('getUsers of nobody makes no call', async (t) => {
  const { users, calls } = setUp(t)
  assert.equal((await users.getUsers([], context)).size, 0)
  assert.equal(calls.length, 0)
})

test('getUsers can ask for as many users as a page has orders, and no more', async (t) => {
  const { users, calls } = setUp(t)
  const ids = Array.from({ length: 100 }, () => uuidv7())
  await users.getUsers(ids, context)
  assert.equal(calls.length, 1)
  await assert.rejects(users.getUsers([...ids, uuidv7()], context), RangeError)
  await assert.rejects(users.getUsers([`${uuidv7()},${uuidv7()}`], context), ValidationError)
  await assert.rejects(users.getUsers([`${uuidv7()}&email=a@b.c`], context), ValidationError)
  assert.equal(calls.length, 1)
})

test('a hundred users with the longest names and emails fit into the largest answer that is read', async (t) => {
  const accounts = Array.from({ length: 100 }, () => ({
    id: uuidv7(),
    email: `${'e'.repeat(242)}@example.com`,
    // control characters are the longest in JSON
    name: `x${'\u0001'.repeat(199)}`,
  }))
  assert.ok(Buffer.byteLength(JSON.stringify({ data: accounts })) < maxUsersSize)
  const ids = accounts.map(({ id }) => id)
  assert.equal((await answeredWith(t, { data: accounts }).getUsers(ids, context)).size, 100)
})

test('findUserByEmail sends the email as one value, and finds it in any capitalisation', async (t) => {
  const { users, calls } = setUp(t)
  assert.deepEqual(await users.findUserByEmail('alice+SHOP@example.com', context), alice)
  assert.equal(await users.findUserByEmail('a&ids=b#c@example.com', context), undefined)
  assert.deepEqual(
    calls.map(({ path }) => path),
    ['/users?email=alice%2BSHOP%40example.com', '/users?email=a%26ids%3Db%23c%40example.com'],
  )
})

for (const [name, body] of Object.entries({
  'another user': { data: [{ ...alice, email: 'bob@example.com' }] },
  'several users': { data: [alice, alice] },
  'a user without an email': { data: [{ ...alice, email: null }] },
  'no list': alice,
})) {
  test(`an email that is answered with ${name} is a 502`, async (t) => {
    await assert.rejects(answeredWith(t, body).findUserByEmail(alice.email, context), isBadGateway)
  })
}

test('a User service without this route is a 502, not a user who does not exist', async (t) => {
  const service = setUp(t)
  service.setTrouble(404)
  await assert.rejects(service.users.getUsers([alice.id], context), isBadGateway)
  await assert.rejects(service.users.findUserByEmail(alice.email, context), isBadGateway)
})
