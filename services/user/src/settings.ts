import { authSettings } from '@shop/service/auth/token-verifier'
import { integer } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { runSettings } from '@shop/service/http/run'
import { logSettings } from '@shop/service/logger'
import { addresses } from './client-address.ts'

// the keys come from this service's own database, and the rest is as it signs tokens itself
const { authIssuer, authAudience, authCacheSize } = authSettings

/** Everything that can be configured; .env.example explains it, and a test holds the two together. */
export const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 3001 }),
  ...runSettings,
  ...logSettings,
  ...databaseSettings,
  authIssuer,
  authAudience,
  authCacheSize,
  passwordHashConcurrency: integer('PASSWORD_HASH_CONCURRENCY', {
    meaning:
      "Password hashes to compute at a time; each takes 19 MiB and one of the UV_THREADPOOL_SIZE threads of Node's pool, four by default",
    min: 1,
    max: 64,
    default: 2,
  }),
  passwordHashQueueLimit: integer('PASSWORD_HASH_QUEUE_LIMIT', {
    meaning: 'Registrations and logins that may wait for their turn; any further are answered with 503',
    min: 0,
    max: 10_000,
    default: 100,
  }),
  credentialAttemptsPerAddress: integer('CREDENTIAL_ATTEMPTS_PER_ADDRESS', {
    meaning: 'Logins and registrations a minute from one address; any further are answered with 429',
    min: 1,
    max: 1_000_000,
    default: 300,
  }),
  loginFailuresPerAccount: integer('LOGIN_FAILURES_PER_ACCOUNT', {
    meaning:
      'Wrong passwords for one account before further attempts are answered with 429 but for one a minute',
    min: 1,
    max: 1_000_000,
    default: 10,
  }),
  trustedProxies: addresses('TRUSTED_PROXIES', {
    meaning: 'The proxies in front, whose X-Forwarded-For says from which address a request comes',
  }),
}
