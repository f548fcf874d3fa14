import { authSettings } from '@shop/service/auth/settings'
import { boolean, integer } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { runSettings } from '@shop/service/http/run'
import { logSettings } from '@shop/service/logger'
import { addresses } from './client-address.ts'

/** All settings of the service. .env.example explains them; a test compares the two. */
export const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 3001 }),
  ...runSettings,
  ...logSettings,
  ...databaseSettings,
  // of AUTH_ISSUER and AUTH_AUDIENCE, the first are those of the tokens that this service issues
  ...authSettings,
  localAccounts: boolean('LOCAL_ACCOUNTS', {
    meaning:
      'Whether this service has accounts with passwords and issues tokens. With false it has neither: all tokens come from the issuers in AUTH_ISSUER',
    default: true,
  }),
  passwordHashConcurrency: integer('PASSWORD_HASH_CONCURRENCY', {
    meaning:
      "Password hashes to compute at the same time; each takes 19 MiB and one thread of Node's pool, which has UV_THREADPOOL_SIZE threads, by default 4",
    min: 1,
    max: 64,
    default: 2,
  }),
  passwordHashQueueLimit: integer('PASSWORD_HASH_QUEUE_LIMIT', {
    meaning: 'Requests with a password that may wait for a hash; more are answered 503',
    min: 0,
    max: 10_000,
    default: 100,
  }),
  credentialAttemptsPerAddress: integer('CREDENTIAL_ATTEMPTS_PER_ADDRESS', {
    meaning:
      'Requests with a password or a refresh cookie per minute from one address; more are answered 429',
    min: 1,
    max: 1_000_000,
    default: 300,
  }),
  loginFailuresPerAccount: integer('LOGIN_FAILURES_PER_ACCOUNT', {
    meaning:
      'Wrong passwords for one account; after that one attempt per minute is allowed, and more are answered 429',
    min: 1,
    max: 1_000_000,
    default: 10,
  }),
  sessionIdleDays: integer('SESSION_IDLE_DAYS', {
    meaning: 'How long a session lasts after its last refresh, in days',
    min: 1,
    max: 365,
    default: 30,
  }),
  sessionMaxDays: integer('SESSION_MAX_DAYS', {
    meaning: 'How long a session lasts at the most, in days; then the user has to log in again',
    min: 1,
    max: 365,
    default: 90,
  }),
  trustedProxies: addresses('TRUSTED_PROXIES', {
    meaning: 'The proxies in front of the service, whose X-Forwarded-For is trusted to name the client',
  }),
}
