import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { readConfig } from '@shop/service/config'
import { createDatabase } from '@shop/service/database/database'
import { startDeletingExpired } from '@shop/service/database/delete-expired'
import { observeConnections } from '@shop/service/database/metrics'
import { databaseReadiness } from '@shop/service/http/readiness'
import { run, runMain } from '@shop/service/http/run'
import { createLogger } from '@shop/service/logger'
import { Registry } from 'prom-client'
import { buildApp } from './app.ts'
import { createClientAddress } from './client-address.ts'
import { createCredentialLimits } from './credential-limits.ts'
import { createCredentialRepository } from './db/credential-repository.ts'
import { createSessionRepository } from './db/session-repository.ts'
import { createSigningKeyRepository } from './db/signing-key-repository.ts'
import { createUserRepository } from './db/user-repository.ts'
import { createOwnKeySet } from './own-key-set.ts'
import { checkOwnTokens } from './own-tokens.ts'
import { createPasswordHasher } from './password-hasher.ts'
import { createRefreshCookie } from './refresh-cookie.ts'
import { settings } from './settings.ts'
import { createTokenSigner } from './token-signer.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  if (config.localAccounts) checkOwnTokens(config)
  const logger = createLogger({ name: 'user', level: config.logLevel })
  const database = createDatabase(config, { name: 'user', logger })
  const metrics = new Registry()
  observeConnections(metrics, { main: database })
  const keys = createSigningKeyRepository(database)
  const [issuer] = config.authIssuer
  const tokens = createTokenSigner({
    loadKey: keys.currentKey,
    issuer,
    audience: config.authAudience[0],
  })
  const passwords = createPasswordHasher({
    concurrency: config.passwordHashConcurrency,
    queueLimit: config.passwordHashQueueLimit,
  })
  const limits = createCredentialLimits({
    attemptsPerAddress: config.credentialAttemptsPerAddress,
    failuresPerAccount: config.loginFailuresPerAccount,
  })
  const clientAddress = createClientAddress(config.trustedProxies)
  const checkDatabase = databaseReadiness(database, {
    table: 'user_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const checkReadiness = async () => {
    await checkDatabase()
    if (config.localAccounts) await tokens.prepare()
  }
  const sessions = createSessionRepository(
    database,
    { idleDays: config.sessionIdleDays, maxDays: config.sessionMaxDays },
    { logger },
  )
  const app = buildApp(
    {
      users: createUserRepository(database, { logger }),
      credentials: createCredentialRepository(database, { sessions }),
      sessions,
      keys,
      passwords,
      tokens,
      limits,
      clientAddress,
      refreshCookie: createRefreshCookie({ issuer }),
      verifyToken: createConfiguredVerifier(config, logger, {
        metrics,
        ...(config.localAccounts && { ownKeys: (report) => createOwnKeySet(keys, report) }),
      }),
      localAccounts: config.localAccounts,
    },
    { logger, metrics, checkReadiness, limits: config, corsOrigins: config.corsOrigins },
  )

  // creates the first key on a new database; while the database is unavailable, /readyz tries again
  await checkReadiness().catch((error) => logger.warn({ err: error }, 'not ready'))
  const stopDeleting = startDeletingExpired(sessions.deleteExpired, {
    everyMs: 60_000,
    what: 'sessions',
    log: logger,
  })
  await run(app, config, () => {
    stopDeleting()
    return database.close()
  })
})
