import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@shop/service/logger'
import { checkOperations } from '@shop/tests/kit/openapi/operations'
import { testAuth } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import manifest from '../package.json' with { type: 'json' }
import { buildApp } from '../src/app.ts'
import { createClientAddress } from '../src/client-address.ts'
import { createCredentialLimits } from '../src/credential-limits.ts'
import { createOwnTokenVerifier } from '../src/own-token-verifier.ts'
import { createTestApp, newAccount } from './app.ts'

test('every operation answers as its OpenAPI document says', async (t) => {
  const context = await createTestApp({
    credentialLimits: { attemptsPerAddress: 1000, failuresPerAccount: 5 },
  })
  t.after(() => context.close())
  const account = newAccount()
  const { email, password } = account
  const { id } = (await context.register(account)).json()
  const headers = await context.asUser(id)
  const stranger = await context.asUser(uuidv7())
  const logger = createLogger({ name: 'user', level: 'silent' })
  const verifyToken = createOwnTokenVerifier(context.keys, testAuth, { logger })

  const limits = createCredentialLimits({ attemptsPerAddress: 1000, failuresPerAccount: 1000 })
  const clientAddress = createClientAddress(undefined)
  // so many wrong passwords that even the right one is refused for now
  const guessed = newAccount()
  for (let i = 0; i < 5; i++) await context.login({ email: guessed.email, password: 'a guess' })

  await checkOperations(t, {
    app: context.app,
    buildBroken: (broken) =>
      buildApp(
        {
          users: broken,
          keys: broken,
          passwords: broken,
          tokens: broken,
          limits,
          clientAddress,
          verifyToken,
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
