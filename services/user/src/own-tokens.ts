import type { AuthConfig } from '@shop/service/auth/settings'
import { normalizeType } from '@shop/service/auth/token-verifier'
import { ConfigError } from '@shop/service/config'
import { tokenAlgorithm, tokenType } from './token-signer.ts'

/**
 * Checks that tokens of this service meet the settings: otherwise a user could log in, and every later request would be
 * refused. A scope or a role that only other issuers give to admins is allowed. Throws ConfigError.
 */
export function checkOwnTokens(config: OwnTokenConfig): void {
  const problems = [
    !config.authAlgorithms.includes(tokenAlgorithm) && `AUTH_ALGORITHMS must contain ${tokenAlgorithm}`,
    !config.authTokenType.map(normalizeType).includes(tokenType) &&
      `AUTH_TOKEN_TYPE must contain ${tokenType}`,
    !isClaim(config.authAudienceClaim, 'aud') && 'AUTH_AUDIENCE_CLAIM must be /aud',
    !isClaim(config.authUserIdClaim, 'sub') && 'AUTH_USER_ID_CLAIM must be /sub',
    config.authScopeRead !== undefined && 'AUTH_SCOPE_READ must be empty',
    config.authScopeWrite !== undefined && 'AUTH_SCOPE_WRITE must be empty',
  ].filter((problem) => problem !== false)
  if (problems.length === 0) return
  throw new ConfigError(
    problems.map(
      (problem) => `${problem}, as the tokens of the User service require, unless LOCAL_ACCOUNTS is false`,
    ),
  )
}

type OwnTokenConfig = Pick<
  AuthConfig,
  | 'authAlgorithms'
  | 'authTokenType'
  | 'authAudienceClaim'
  | 'authUserIdClaim'
  | 'authScopeRead'
  | 'authScopeWrite'
>

const isClaim = (path: readonly string[], name: string) => path.length === 1 && path[0] === name
