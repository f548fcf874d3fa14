import { type Config, integer, list, oneOf, optional, type Setting, text, url } from '../config.ts'

/** The members that lead from a token's claims to one of them, as a JSON pointer (RFC 6901) writes them. */
export type ClaimPath = readonly string[]

/** A JSON pointer into the claims of a token, such as /realm_access/roles; ~1 stands for a slash in a name. */
function claim(env: string, options: { meaning: string; default?: string }): Setting<ClaimPath> {
  return {
    env,
    ...options,
    expected: 'a JSON pointer such as /sub or /realm_access/roles',
    parse: (raw) =>
      /^(?:\/(?:[^/~]|~[01])+)+$/.test(raw)
        ? raw
            .slice(1)
            .split('/')
            .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
        : undefined,
  }
}

/** A scope of OAuth 2.0 (RFC 6749, section 3.3). */
function scope(env: string, options: { meaning: string }): Setting<string> {
  return {
    env,
    ...options,
    expected: 'a scope without spaces and quotes',
    parse: (raw) => (/^[\x21\x23-\x5B\x5D-\x7E]+$/.test(raw) ? raw : undefined),
  }
}

/** Which tokens are accepted, and what they say of their users. docs/identity.md has values for providers. */
export const authSettings = {
  authIssuer: list(
    text('AUTH_ISSUER', {
      meaning:
        'The iss that tokens must have; of several issuers, the first is the one whose UUIDs are user ids',
    }),
  ),
  authAudience: list(text('AUTH_AUDIENCE', { meaning: 'The aud that tokens must have, one of these' })),
  authAudienceClaim: claim('AUTH_AUDIENCE_CLAIM', {
    meaning: 'The claim that is compared with AUTH_AUDIENCE; some identity providers have /client_id or /azp',
    default: '/aud',
  }),
  authJwksUrl: optional(
    list(
      url('AUTH_JWKS_URL', {
        meaning:
          'The public keys (JWKS) of the issuers, in the order of AUTH_ISSUER. An issuer without one is asked for its OpenID configuration',
        protocols: ['http:', 'https:'],
      }),
    ),
  ),
  authSecret: optional(
    text('AUTH_SECRET', {
      meaning: 'The shared secret of tokens signed with HS256, instead of public keys',
      minLength: 32,
      secret: true,
    }),
  ),
  authAlgorithms: list(
    oneOf('AUTH_ALGORITHMS', {
      meaning: 'The algorithms that tokens may be signed with, unless AUTH_SECRET is set',
      choices: [
        'ES256',
        'ES384',
        'ES512',
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'EdDSA',
        'Ed25519',
      ],
      default: 'ES256,RS256,PS256,EdDSA',
    }),
  ),
  authTokenType: list(
    text('AUTH_TOKEN_TYPE', {
      meaning:
        'The typ that the header of tokens must have; some identity providers write JWT, and none stands for tokens without one',
      default: 'at+jwt',
    }),
  ),
  authUserIdClaim: claim('AUTH_USER_ID_CLAIM', {
    meaning: 'The claim that identifies the user at the issuer',
    default: '/sub',
  }),
  authUserIds: oneOf('AUTH_USER_IDS', {
    meaning:
      'Whether that claim must be a UUID, which is then the user id, or may be any text, of which a UUID is made',
    choices: ['uuid', 'any'],
    default: 'uuid',
  }),
  authRoleClaim: optional(
    list(
      claim('AUTH_ROLE_CLAIM', {
        meaning:
          'The claim with the roles of the user: text, words separated by spaces, an array, or an object with the roles as members. When empty, it is role, and only exact text counts',
      }),
    ),
  ),
  authAdminRoles: list(
    text('AUTH_ADMIN_ROLES', {
      meaning: 'The roles that make an admin; all other users are customers',
      default: 'admin',
    }),
  ),
  authScopeRead: optional(
    scope('AUTH_SCOPE_READ', {
      meaning: 'The scope that GET requests require, such as orders:read; none when empty',
    }),
  ),
  authScopeWrite: optional(
    scope('AUTH_SCOPE_WRITE', {
      meaning: 'The scope that all other requests require, such as orders:write; none when empty',
    }),
  ),
  authScopeAdmin: optional(
    scope('AUTH_SCOPE_ADMIN', {
      meaning:
        "The scope that admins' requests require besides the role, such as orders:admin; it includes the other two. None when empty",
    }),
  ),
  authMaxTokenAgeSeconds: integer('AUTH_MAX_TOKEN_AGE_SECONDS', {
    meaning: 'The maximum age of a token, in seconds; older ones are refused, whatever their exp says',
    min: 60,
    max: 604_800,
    default: 86_400,
  }),
  authClockToleranceSeconds: integer('AUTH_CLOCK_TOLERANCE_SECONDS', {
    meaning: "How far the issuer's clock may differ, in seconds",
    min: 0,
    max: 30,
    default: 10,
  }),
  authCacheSize: integer('AUTH_CACHE_SIZE', {
    meaning:
      'Maximum verified tokens to keep in memory; should exceed the number of tokens in use at the same time',
    min: 0,
    max: 1_000_000,
    default: 20_000,
  }),
}

export type AuthConfig = Config<typeof authSettings>
