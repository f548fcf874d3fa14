import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { until } from '@shop/tests/kit/until'
import { ShopError } from '../src/errors.ts'
import { createSession } from '../src/session.ts'
import { createShop } from '../src/shop.ts'
import { problem, type Scripted, startScript } from './answers.ts'

const credentials = { email: 'dora@example.com', password: 'correct horse battery' }

const granted = (accessToken: string, cookie: string, expiresIn = 3600): Scripted => ({
  status: 200,
  headers: { 'set-cookie': [`refresh_token=${cookie}; Path=/users; HttpOnly; SameSite=Strict`] },
  json: { accessToken, tokenType: 'Bearer', expiresIn },
})

const noOrders: Scripted = {
  status: 200,
  json: { data: [], meta: { count: 0, limit: 20, offset: 0, nextCursor: null } },
}

const user: Scripted = { status: 200, json: { id: 'u1' } }

const trace = (sent: { url: string; headers: Record<string, unknown> }[]) =>
  sent.map(({ url, headers }) => [url, headers.authorization ?? headers.cookie])

test('a login gives the token of all requests, and a refresh the next one before it expires', async (t) => {
  const { baseUrl, sent } = await startScript(t, granted('t1', 'c1', 20), granted('t2', 'c2'), user, user)
  const session = createSession({ baseUrl })
  const shop = createShop({ baseUrl, token: session.token })
  await session.logIn(credentials)
  // both need the refresh, and share it
  await Promise.all([shop.account.get(), shop.account.get()])
  assert.deepEqual(trace(sent), [
    ['/users/login', undefined],
    ['/users/refresh', 'refresh_token=c1'],
    ['/users/me', 'Bearer t2'],
    ['/users/me', 'Bearer t2'],
  ])
})

test('a token that is refused is refreshed, and the request sent again', async (t) => {
  const { baseUrl, sent } = await startScript(
    t,
    granted('t1', 'c1'),
    problem(401, 'invalid_token'),
    granted('t2', 'c2'),
    user,
  )
  const session = createSession({ baseUrl })
  await session.logIn(credentials)
  await createShop({ baseUrl, token: session.token }).account.get()
  assert.deepEqual(trace(sent).slice(1), [
    ['/users/me', 'Bearer t1'],
    ['/users/refresh', 'refresh_token=c1'],
    ['/users/me', 'Bearer t2'],
  ])
})

test('a session that has ended leaves requests without a token, and is not asked for again', async (t) => {
  const { baseUrl, sent } = await startScript(
    t,
    problem(401, 'invalid_refresh_token'),
    problem(401, 'token_missing'),
    problem(401, 'token_missing'),
    granted('t1', 'c1'),
    user,
  )
  const session = createSession({ baseUrl })
  const { account } = createShop({ baseUrl, token: session.token })
  assert.equal(await session.isLoggedIn(), false)
  for (let i = 0; i < 2; i++)
    await assert.rejects(
      account.get(),
      (error) => error instanceof ShopError && error.code === 'token_missing',
    )
  await session.logIn(credentials)
  await account.get()
  assert.ok(await session.isLoggedIn())
  assert.deepEqual(trace(sent), [
    ['/users/refresh', undefined],
    ['/users/me', undefined],
    ['/users/me', undefined],
    ['/users/login', undefined],
    ['/users/me', 'Bearer t1'],
  ])
})

test('a refresh that gets no answer is repeated; one that fails is an error, not a logout', async (t) => {
  const { baseUrl, sent } = await startScript(t, 'cut', granted('t1', 'c1'))
  assert.ok(await createSession({ baseUrl }).isLoggedIn())
  assert.equal(sent.length, 2)
  const failing = await startScript(t, problem(500, 'internal_error'), granted('t1', 'c1'), user)
  const session = createSession({ baseUrl: failing.baseUrl })
  const { account } = createShop({ baseUrl: failing.baseUrl, token: session.token })
  await assert.rejects(account.get(), (error) => error instanceof ShopError && error.status === 500)
  await account.get()
})

/** An answer that is held back until `release` is called. */
function held(answer: Scripted) {
  assert.ok(typeof answer === 'object' && 'status' in answer)
  const { promise, resolve: release } = Promise.withResolvers<void>()
  const serve = async (response: ServerResponse) => {
    await promise
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(JSON.stringify(answer.json))
  }
  return { script: { serve }, release }
}

test('a logout during a refresh ends the session', async (t) => {
  const late = held(granted('t2', 'c2'))
  const { baseUrl, sent } = await startScript(
    t,
    granted('t1', 'c1', 20),
    late.script,
    { status: 204 },
    granted('t3', 'c3'),
  )
  const session = createSession({ baseUrl })
  await session.logIn(credentials)
  const waiting = session.token({ rejected: undefined })
  await until(async () => sent.length === 2)
  await session.logOut()
  late.release()
  assert.equal(await waiting, undefined)
  assert.equal(await session.isLoggedIn(), false)
  assert.deepEqual(
    sent.map(({ url }) => url),
    ['/users/login', '/users/refresh', '/users/logout'],
  )
})

test('a refresh that began before a login does not end its session', async (t) => {
  const late = held(problem(401, 'invalid_refresh_token'))
  const { baseUrl, sent } = await startScript(t, late.script, granted('t1', 'c1'), granted('t2', 'c2'))
  const session = createSession({ baseUrl })
  const waiting = session.token({ rejected: undefined })
  await until(async () => sent.length === 1)
  await session.logIn(credentials)
  // which does not wait for the earlier refresh
  assert.equal(await session.token({ rejected: 't1' }), 't2')
  late.release()
  assert.equal(await waiting, 't2')
  assert.equal(await session.token({ rejected: undefined }), 't2')
  assert.deepEqual(trace(sent), [
    ['/users/refresh', undefined],
    ['/users/login', undefined],
    ['/users/refresh', 'refresh_token=c1'],
  ])
})

test('a login during a logout keeps its cookie', async (t) => {
  const late = held({ status: 204 })
  const { baseUrl, sent } = await startScript(
    t,
    granted('t1', 'c1'),
    late.script,
    granted('t2', 'c2', 20),
    granted('t3', 'c3'),
  )
  const session = createSession({ baseUrl })
  await session.logIn(credentials)
  const leaving = session.logOut()
  await until(async () => sent.length === 2)
  await session.logIn(credentials)
  late.release()
  await leaving
  assert.equal(await session.token({ rejected: undefined }), 't3')
  assert.deepEqual(trace(sent).at(-1), ['/users/refresh', 'refresh_token=c2'])
})

test('a logout forgets the token and the cookie', async (t) => {
  const { baseUrl, sent } = await startScript(t, granted('t1', 'c1'), { status: 204 }, noOrders)
  const session = createSession({ baseUrl })
  await session.logIn(credentials)
  await session.logOut()
  assert.equal(await session.isLoggedIn(), false)
  assert.deepEqual(trace(sent), [
    ['/users/login', undefined],
    ['/users/logout', 'refresh_token=c1'],
  ])
})
