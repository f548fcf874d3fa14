import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { createLogger } from '@shop/service/logger'
import { checkOperations } from '@shop/tests/kit/openapi/operations'
import { testAuth, testAuthConfig } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import manifest from '../package.json' with { type: 'json' }
import { buildApp } from '../src/app.ts'
import { createClientAddress } from '../src/client-address.ts'
import { createCredentialLimits } from '../src/credential-limits.ts'
import { createOwnKeySet } from '../src/own-key-set.ts'
import { createRefreshCookie } from '../src/refresh-cookie.ts'
import { cookieOf, createTestApp, newAccount } from './app.ts'

test('every operation answers as its OpenAPI document says', async (t) => {
  const context = await createTestApp({
    credentialLimits: { attemptsPerAddress: 100, failuresPerAccount: 5 },
    now: () => 0,
  })
  t.after(() => context.close())
  const account = newAccount()
  const { email, password } = account
  const { id } = (await context.register(account)).json()
  const headers = await context.asUser(id)
  const admin = await context.asUser(uuidv7(), 'admin')
  const stranger = await context.asUser(uuidv7())
  const logger = createLogger({ name: 'user', level: 'silent' })
  const verifyToken = createConfiguredVerifier(testAuthConfig(), logger, {
    ownKeys: (report) => createOwnKeySet(context.keys, report),
  })

  /** Returns the headers of a new account. */
  const newcomer = async () => context.asUser((await context.register(newAccount())).json().id)
  const cookie = cookieOf(await context.login({ email, password }))

  const limits = createCredentialLimits({ attemptsPerAddress: 1000, failuresPerAccount: 1000 })
  const clientAddress = createClientAddress(undefined)
  // so many wrong passwords that even the right one is refused for now
  const guessed = newAccount()
  const guessedHeaders = await context.asUser((await context.register(guessed)).json().id)
  for (let i = 0; i < 5; i++) await context.login({ email: guessed.email, password: 'a guess' })

  // so many requests that an address has none left
  const crowded = '203.0.113.1'
  for (let i = 0; i < 100; i++) await context.refresh(undefined, { remoteAddress: crowded })

  await checkOperations(t, {
    app: context.app,
    buildBroken: (broken) =>
      buildApp(
        {
          users: broken,
          credentials: broken,
          sessions: broken,
          keys: broken,
          passwords: broken,
          tokens: broken,
          limits,
          clientAddress,
          refreshCookie: createRefreshCookie({ issuer: testAuth.authIssuer }),
          verifyToken,
          localAccounts: true,
        },
        { logger, checkReadiness: broken },
      ),
    cases: {
      'POST /users/register': {
        201: [{ url: '/users/register', body: newAccount() }],
        400: [{ url: '/users/register', body: { ...newAccount(), password: 'short' } }],
        409: [{ url: '/users/register', body: account }],
        429: [{ url: '/users/register', body: guessed }],
      },
      'POST /users/login': {
        200: [{ url: '/users/login', body: { email, password } }],
        400: [{ url: '/users/login', body: { email } }],
        401: [{ url: '/users/login', body: { email, password: 'another password' } }],
        429: [{ url: '/users/login', body: { email: guessed.email, password } }],
      },
      'POST /users/refresh': {
        200: [{ url: '/users/refresh', headers: { cookie }, body: {} }],
        400: [{ url: '/users/refresh', headers: { cookie } }],
        401: [{ url: '/users/refresh', body: {} }],
        429: [{ url: '/users/refresh', headers: { cookie }, body: {}, remoteAddress: crowded }],
      },
      'POST /users/logout': {
        204: [{ url: '/users/logout', headers: { cookie }, body: {} }],
        400: [{ url: '/users/logout', headers: { cookie } }],
      },
      'GET /users': {
        200: [
          { url: `/users?ids=${id}`, headers: admin },
          { url: `/users?email=${email}`, headers: admin },
        ],
        400: [{ url: '/users', headers: admin }],
        403: [{ url: `/users?ids=${id}`, headers }],
      },
      'PATCH /users/me': {
        200: [{ url: '/users/me', headers, body: { name: 'Zoë' } }],
        400: [{ url: '/users/me', headers, body: {} }],
        404: [{ url: '/users/me', headers: stranger, body: { name: 'Zoë' } }],
      },
      'POST /users/me/password': {
        204: [
          {
            url: '/users/me/password',
            headers: await newcomer(),
            body: { currentPassword: password, newPassword: 'another password' },
          },
        ],
        400: [{ url: '/users/me/password', headers, body: { currentPassword: password, newPassword: '' } }],
        401: [
          {
            url: '/users/me/password',
            headers,
            body: { currentPassword: 'a guess', newPassword: 'another password' },
          },
        ],
        404: [
          {
            url: '/users/me/password',
            headers: stranger,
            body: { currentPassword: password, newPassword: 'another password' },
          },
        ],
        429: [
          {
            url: '/users/me/password',
            headers: guessedHeaders,
            body: { currentPassword: password, newPassword: 'another password' },
          },
        ],
      },
      'DELETE /users/me': {
        204: [{ url: '/users/me', headers: await newcomer(), body: { password } }],
        400: [{ url: '/users/me', headers, body: {} }],
        401: [{ url: '/users/me', headers, body: { password: 'a guess' } }],
        404: [{ url: '/users/me', headers: stranger, body: { password } }],
        429: [{ url: '/users/me', headers: guessedHeaders, body: { password } }],
      },
      'GET /users/me': {
        200: [{ url: '/users/me', headers }],
        404: [{ url: '/users/me', headers: stranger }],
      },
      'GET /users/{id}': {
        200: [{ url: `/users/${id}`, headers }],
        400: [{ url: '/users/x', headers }],
        404: [{ url: `/users/${id}`, headers: stranger }],
      },
      'GET /.well-known/jwks.json': {
        200: [{ url: '/.well-known/jwks.json' }],
      },
    },
  })
})

test('the version in the document is that of the package', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const { info } = (await context.app.inject('/openapi.json')).json()
  assert.equal(info.version, manifest.version)
})
