import assert from 'node:assert/strict'
import type { BlockList } from 'node:net'
import * as argon2 from '@node-rs/argon2'
import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import type { Role } from '@shop/service/auth/token-verifier'
import { databaseReadiness } from '@shop/service/http/readiness'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase } from '@shop/tests/kit/database'
import { watchAnswers } from '@shop/tests/kit/openapi/answers'
import { signToken, testAuth, testAuthConfig, verifyToken } from '@shop/tests/kit/tokens'
import type { InjectOptions } from 'fastify'
import { buildApp } from '../src/app.ts'
import { createClientAddress } from '../src/client-address.ts'
import { type CredentialLimitsOptions, createCredentialLimits } from '../src/credential-limits.ts'
import { createCredentialRepository } from '../src/db/credential-repository.ts'
import { createSessionRepository, type SessionLimits } from '../src/db/session-repository.ts'
import { createSigningKeyRepository } from '../src/db/signing-key-repository.ts'
import { createUserRepository } from '../src/db/user-repository.ts'
import { createOwnKeySet } from '../src/own-key-set.ts'
import { createPasswordHasher, type PasswordHasherOptions } from '../src/password-hasher.ts'
import { createRefreshCookie } from '../src/refresh-cookie.ts'
import { createTokenSigner } from '../src/token-signer.ts'

export type TestApp = Awaited<ReturnType<typeof createTestApp>>

export type TestAppOptions = {
  logLines?: string[]
  /** Replaces the real one. */
  algorithm?: Pick<typeof argon2, 'hash' | 'verify'>
  limits?: PasswordHasherOptions
  credentialLimits?: CredentialLimitsOptions
  /** The clock of the limits, in milliseconds. */
  now?: () => number
  trustedProxies?: BlockList
  sessionLimits?: SessionLimits
  /** Without them, tokens are those of the tests' issuer. True when absent. */
  localAccounts?: boolean
}

/** More than tests of other subjects reach. */
const noCredentialLimits = { attemptsPerAddress: 1_000_000, failuresPerAccount: 1_000_000 }

export const password = 'a good password'

/** Starts the whole app on its own database, connected as user_service. Call close() after the tests. */
export async function createTestApp(options: TestAppOptions = {}) {
  const {
    logLines,
    algorithm = argon2,
    limits = { concurrency: 2, queueLimit: 100 },
    credentialLimits = noCredentialLimits,
    sessionLimits = { idleDays: 30, maxDays: 90 },
    localAccounts = true,
  } = options
  const database = await createTestDatabase('user_service')
  const logger = createLogger(
    { name: 'user', level: logLines ? 'trace' : 'silent' },
    { write: (line) => logLines?.push(line) },
  )
  const checkReadiness = databaseReadiness(database.db, {
    table: 'user_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const keys = createSigningKeyRepository(database.db)
  const tokens = createTokenSigner({
    loadKey: keys.currentKey,
    issuer: testAuth.authIssuer,
    audience: testAuth.authAudience,
  })
  const sessions = createSessionRepository(database.db, sessionLimits, { logger })
  const app = buildApp(
    {
      users: createUserRepository(database.db, { logger }),
      credentials: createCredentialRepository(database.db, { sessions }),
      sessions,
      keys,
      passwords: createPasswordHasher(limits, algorithm),
      tokens,
      limits: createCredentialLimits(credentialLimits, options.now),
      clientAddress: createClientAddress(options.trustedProxies),
      refreshCookie: createRefreshCookie({ issuer: testAuth.authIssuer }),
      verifyToken: localAccounts
        ? createConfiguredVerifier(testAuthConfig(), logger, {
            ownKeys: (report) => createOwnKeySet(keys, report),
          })
        : verifyToken,
      localAccounts,
    },
    { logger, checkReadiness },
  )
  const checkAnswers = watchAnswers(app)
  await app.ready()
  return {
    app,
    database,
    keys,
    sessions,
    register: (body: object) => app.inject({ method: 'POST', url: '/users/register', body }),
    login: (body: object, options: InjectOptions = {}) =>
      app.inject({ method: 'POST', url: '/users/login', body, ...options }),
    refresh: (cookie: string | undefined, options: InjectOptions = {}) =>
      app.inject({
        method: 'POST',
        url: '/users/refresh',
        body: {},
        ...options,
        headers: { ...(cookie !== undefined && { cookie }), ...options.headers },
      }),
    logout: (cookie?: string) =>
      app.inject({ method: 'POST', url: '/users/logout', body: {}, headers: cookie ? { cookie } : {} }),
    /** Logs the user in and returns the request headers. */
    async asUser(id: string, role: Role = 'customer') {
      const token = localAccounts ? tokens.sign({ id, role }) : signToken({ id, role })
      return { authorization: `Bearer ${await token}` }
    },
    async close() {
      await app.close()
      await database.drop()
      checkAnswers()
    },
  }
}

/** Returns the Cookie header of a client that has just stored the cookie of this answer. */
export function cookieOf({ headers }: { headers: Record<string, unknown> }): string {
  const [pair = ''] = String(headers['set-cookie']).split(';')
  assert.match(pair, /^refresh_token=[\w-]{64}$/)
  return pair
}

let addresses = 0

/** Returns the body of a registration, with a new email each time. */
export function newAccount() {
  return { email: `user-${++addresses}@example.com`, password, name: 'Ünïcode Ωser' }
}
