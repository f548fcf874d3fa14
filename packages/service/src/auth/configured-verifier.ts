import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { ConfigError } from '../config.ts'
import { discoverKeySet } from './discovery.ts'
import { createKeySet, fetchKeySet, type KeySet, type KeySetOptions } from './key-set.ts'
import { createKeySetMetrics } from './metrics.ts'
import type { AuthConfig } from './settings.ts'
import { createTokenVerifier, type IssuerKeys, type VerifyToken } from './token-verifier.ts'

/** What becomes of a key set. */
type Report = Pick<KeySetOptions, 'onLoad' | 'onError'>

/**
 * Returns the verifier that `config` describes: with a shared secret, or with a key set for each issuer, which is loaded
 * from its URL or found by OpenID Connect Discovery. `ownKeys` makes that of the first issuer, for the service that issues
 * its tokens. The age of each is reported to `metrics`. Throws ConfigError.
 */
export function createConfiguredVerifier(
  config: AuthConfig,
  logger: Logger,
  { ownKeys, metrics = new Registry() }: { ownKeys?: (report: Report) => KeySet; metrics?: Registry } = {},
): VerifyToken {
  const { authIssuer, authJwksUrl = [], authSecret } = config
  const problems = ownKeys ? [] : problemsOf(config)
  const keysOf = new Map<string, IssuerKeys>()
  const observe = createKeySetMetrics(metrics)
  const reportOf = (issuer: string): Report => {
    const { onLoad, onFailure } = observe(issuer)
    return {
      onLoad,
      onError(error) {
        onFailure()
        logger.warn({ err: error, issuer }, "the issuer's keys could not be loaded")
      },
    }
  }
  for (const [index, issuer] of authIssuer.entries()) {
    const url = authJwksUrl[index]
    const isOwn = index === 0
    if (isOwn && ownKeys) keysOf.set(issuer, ownKeys(reportOf(issuer)))
    else if (isOwn && authSecret) keysOf.set(issuer, new TextEncoder().encode(authSecret))
    else if (url || isWebAddress(issuer))
      keysOf.set(issuer, createKeySet({ load: loaderOf(issuer, url), ...reportOf(issuer) }))
    else
      problems.push(
        `AUTH_ISSUER must be a URL starting with https:// or http:// where AUTH_JWKS_URL has no key set for it, not ${JSON.stringify(issuer)}`,
      )
  }
  if (new Set(authIssuer).size < authIssuer.length) problems.push('AUTH_ISSUER must not repeat an issuer')
  if (authJwksUrl.length > authIssuer.length)
    problems.push('AUTH_JWKS_URL must not have more URLs than AUTH_ISSUER has issuers')
  if (problems.length > 0) throw new ConfigError(problems)
  return createTokenVerifier(keysOf, config)
}

function problemsOf({ authIssuer, authJwksUrl, authSecret }: AuthConfig): string[] {
  if (authSecret === undefined) return []
  return [
    ...(authJwksUrl
      ? ['AUTH_JWKS_URL, AUTH_SECRET: only one of them can be set: URLs of key sets, or a shared secret']
      : []),
    ...(authIssuer.length > 1
      ? [
          'AUTH_ISSUER must be a single issuer with AUTH_SECRET: a holder of the secret could name any of them',
        ]
      : []),
  ]
}

const loaderOf = (issuer: string, url: string | undefined) =>
  url ? fetchKeySet(url) : discoverKeySet(issuer)

const isWebAddress = (issuer: string) =>
  URL.canParse(issuer) && ['http:', 'https:'].includes(new URL(issuer).protocol)
