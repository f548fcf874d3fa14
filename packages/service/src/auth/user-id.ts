import type { JWTPayload } from 'jose'
import { v5 as uuidv5 } from 'uuid'
import { InvalidTokenError } from '../errors.ts'
import { isUuid } from '../schemas.ts'
import { readClaim } from './claims.ts'
import type { AuthConfig } from './settings.ts'

/** In characters. OpenID Connect allows a sub of 255. */
const maxSubjectLength = 255

/**
 * Returns a function that returns the user id of a verified token, in lower case. Throws InvalidTokenError.
 *
 * Users of different issuers never share an id. A UUID is an id by itself only if it comes from the first issuer. Every
 * other subject becomes the UUIDv5 of its issuer and itself; so does a UUIDv5 of the first issuer wherever ids are
 * derived, since it could equal a derived one.
 */
export function createUserIds(config: UserIdConfig): (issuer: string, claims: JWTPayload) => string {
  const { authIssuer, authUserIdClaim, authUserIds } = config
  const derives = authUserIds === 'any' || authIssuer.length > 1
  const namespaces = new Map(authIssuer.map((issuer) => [issuer, uuidv5(issuer, uuidv5.URL)]))

  return (issuer, claims) => {
    const subject = readClaim(claims, authUserIdClaim)
    if (subject === undefined) throw new InvalidTokenError('missing_claim')
    if (authUserIds === 'uuid' && !isUuid(subject)) throw new InvalidTokenError('sub_is_no_uuid')
    if (!isSubject(subject)) throw new InvalidTokenError('invalid_claim')
    const isOwn = issuer === authIssuer[0] && isUuid(subject) && !(derives && subject[14] === '5')
    return isOwn ? subject.toLowerCase() : uuidv5(subject, namespaces.get(issuer) as string)
  }
}

type UserIdConfig = Pick<AuthConfig, 'authIssuer' | 'authUserIdClaim' | 'authUserIds'>

const isSubject = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= maxSubjectLength && value.isWellFormed()
