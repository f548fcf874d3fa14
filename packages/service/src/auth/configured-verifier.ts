import type { Logger } from 'pino'
import { ConfigError } from '../config.ts'
import { discoverKeySet } from './discovery.ts'
import { createKeySet, fetchKeySet, type KeySet } from './key-set.ts'
import type { AuthConfig } from './settings.ts'
import { createTokenVerifier, type IssuerKeys, type VerifyToken } from './token-verifier.ts'

/**
 * Returns the verifier that `config` describes: with a shared secret, or with a key set for each issuer, which is loaded
 * from its URL or found by OpenID Connect Discovery. `ownKeys` are those of the first issuer, for the service that issues
 * its tokens. Throws ConfigError.
 */
export function createConfiguredVerifier(
  config: AuthConfig,
  logger: Logger,
  { ownKeys }: { ownKeys?: KeySet } = {},
): VerifyToken {
  const { authIssuer, authJwksUrl = [], authSecret } = config
  const problems = ownKeys ? [] : problemsOf(config)
  const keysOf = new Map<string, IssuerKeys>()
  for (const [index, issuer] of authIssuer.entries()) {
    const url = authJwksUrl[index]
    const isOwn = index === 0
    if (isOwn && ownKeys) keysOf.set(issuer, ownKeys)
    else if (isOwn && authSecret) keysOf.set(issuer, new TextEncoder().encode(authSecret))
    else if (url || isWebAddress(issuer)) keysOf.set(issuer, loadedKeySet(issuer, url, logger))
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
          'AUTH_ISSUER must be a single issuer with AUTH_SECRET: whoever knows the secret can name any of them',
        ]
      : []),
  ]
}

function loadedKeySet(issuer: string, url: string | undefined, logger: Logger): KeySet {
  return createKeySet({
    load: url ? fetchKeySet(url) : discoverKeySet(issuer),
    onError: (error) => logger.warn({ err: error, issuer }, "the issuer's keys could not be loaded"),
  })
}

const isWebAddress = (issuer: string) =>
  URL.canParse(issuer) && ['http:', 'https:'].includes(new URL(issuer).protocol)
