import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { cookieOf, createTestApp, newAccount, password, type TestApp } from '../app.ts'
import { pass } from '../sessions.ts'

let context: TestApp
let email: string

before(async () => {
  context = await createTestApp()
  email = (await context.register(newAccount())).json().email
})
after(() => context.close())

const login = async () => cookieOf(await context.login({ email, password }))

/** What a page of another site can make a browser send without asking this service first. */
const forms: Record<string, Omit<InjectOptions, 'method' | 'url'>> = {
  'no body': {},
  'a form': { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: '%7B%7D=' },
  'a form of text': { headers: { 'content-type': 'text/plain' }, payload: '{}' },
  'a form with a file': {
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    payload: '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n\r\n--x--\r\n',
  },
  'a body without a type': { payload: Buffer.from('{}') },
}

for (const url of ['/users/refresh', '/users/logout']) {
  for (const [what, request] of Object.entries(forms)) {
    test(`POST ${url} with ${what} and the cookie is refused and changes nothing`, async () => {
      const cookie = await login()
      const headers = { ...request.headers, cookie }
      const response = await context.app.inject({ method: 'POST', url, ...request, headers })
      assert.ok([400, 415].includes(response.statusCode), response.body)
      assert.equal(response.headers['set-cookie'], undefined)
      const [session] = await context.database.owner.query({
        text: `SELECT recent FROM sessions ORDER BY created_at DESC LIMIT 1`,
      })
      assert.deepEqual(session, { recent: [] })
    })
  }

  test(`POST ${url} takes no other member than none`, async () => {
    const body = { refreshToken: 'x' }
    assert.equal((await context.app.inject({ method: 'POST', url, body })).statusCode, 400)
  })
}

test('no answer allows another origin to read it', async () => {
  const headers = { origin: 'https://evil.test' }
  const responses = [
    await context.refresh(await login(), { headers }),
    await context.app.inject({
      method: 'OPTIONS',
      url: '/users/refresh',
      headers: { ...headers, 'access-control-request-method': 'POST' },
    }),
  ]
  for (const response of responses) {
    const names = Object.keys(response.headers).filter((name) => name.startsWith('access-control-'))
    assert.deepEqual(names, [])
  }
})

test('every refused refresh gets the same answer, whatever the reason', async () => {
  const { owner } = context.database
  const [reused, expired, loggedOut] = [await login(), await login(), await login()]
  const other = await login()
  const token = other.replace('refresh_token=', '')
  await context.refresh(reused)
  await context.logout(loggedOut)
  await pass(owner, 31)
  // the session with the second oldest id, as ids are in the order of their creation
  await owner.query({
    text: `UPDATE sessions SET expires_at = now() - interval '1 second'
      WHERE id = (SELECT id FROM sessions ORDER BY id DESC OFFSET 1 LIMIT 1)`,
  })
  const cookies: Record<string, string | undefined> = {
    'no cookie': undefined,
    'an empty cookie': 'refresh_token=',
    'another cookie': `token=${token}`,
    'a name in capitals': `REFRESH_TOKEN=${token}`,
    nonsense: 'refresh_token=nonsense',
    'an unknown token': `refresh_token=${'A'.repeat(64)}`,
    'a token with one more character': `${other}A`,
    'a token without its last character': other.slice(0, -1),
    'a token in quotes': `refresh_token="${token}"`,
    'a token in percent-encoding': `refresh_token=%${token.charCodeAt(0).toString(16)}${token.slice(1)}`,
    'a token twice': `${other}; ${other}`,
    'a planted token before the right one': `refresh_token=${'A'.repeat(64)}; ${other}`,
    'a planted token after the right one': `${other}; refresh_token=${'A'.repeat(64)}`,
    reused,
    expired,
    'logged out': loggedOut,
  }
  for (const [what, cookie] of Object.entries(cookies)) {
    const response = await context.refresh(cookie)
    const { requestId, ...problem } = response.json()
    assert.deepEqual(
      problem,
      {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: 'The session has ended, or there is none. Log in again.',
        code: 'invalid_refresh_token',
      },
      what,
    )
    const { date, 'x-request-id': id, 'content-length': length, ratelimit, ...headers } = response.headers
    assert.match(String(ratelimit), /^"address";r=\d+;t=\d+$/)
    assert.deepEqual(
      headers,
      {
        'cache-control': 'no-store',
        'content-type': 'application/problem+json; charset=utf-8',
        'ratelimit-policy': '"address";q=1000000;w=60',
        'www-authenticate': 'Bearer',
        'x-content-type-options': 'nosniff',
        connection: 'keep-alive',
      },
      what,
    )
  }
  // the right token among other cookies is still accepted
  assert.equal((await context.refresh(`a=b; ${other}; c=d`)).statusCode, 200)
})

test('a guessed secret for a known session ends it, as a token that was used before does', async () => {
  const cookie = await login()
  const forged = `${cookie.slice(0, -42)}${'A'.repeat(42)}`
  assert.equal((await context.refresh(forged)).statusCode, 401)
  assert.equal((await context.refresh(cookie)).statusCode, 401)
})

test('what the database holds of a session refreshes nothing', async () => {
  const cookie = cookieOf(await context.refresh(await login()))
  const [row] = await context.database.owner.query<{ id: string; hash: Buffer; salt: string }>({
    text: `SELECT id, token_hash AS hash, recent -> 0 ->> 'salt' AS salt FROM sessions ORDER BY id DESC LIMIT 1`,
  })
  assert.ok(row)
  const bytes = Buffer.from(cookie.replace('refresh_token=', ''), 'base64url')
  assert.equal(bytes.toString('hex', 0, 16), row.id.replaceAll('-', ''))
  for (const stored of [row.hash, Buffer.from(row.salt, 'base64')])
    assert.notDeepEqual(bytes.subarray(16), stored)
})
