import { createHash } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { InvalidTokenError } from '../errors.ts'
import { isUuid } from '../schemas.ts'
import { bytesToUuid, uuidToBytes } from '../uuid-bytes.ts'
import { readClaim } from './claims.ts'
import type { AuthConfig } from './settings.ts'

/** The namespace for URLs of RFC 9562, section 6.6. */
const urlNamespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8'

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
  const namespaces = new Map(authIssuer.map((issuer) => [issuer, uuidV5(urlNamespace, issuer)]))

  return (issuer, claims) => {
    const subject = readClaim(claims, authUserIdClaim)
    if (subject === undefined) throw new InvalidTokenError('missing_claim')
    if (authUserIds === 'uuid' && !isUuid(subject)) throw new InvalidTokenError('sub_is_no_uuid')
    if (!isSubject(subject)) throw new InvalidTokenError('invalid_claim')
    const isOwn = issuer === authIssuer[0] && isUuid(subject) && !(derives && subject[14] === '5')
    return isOwn ? subject.toLowerCase() : uuidV5(namespaces.get(issuer) as string, subject)
  }
}

type UserIdConfig = Pick<AuthConfig, 'authIssuer' | 'authUserIdClaim' | 'authUserIds'>

const isSubject = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= maxSubjectLength && value.isWellFormed()

/** RFC 9562, section 5.5. */
function uuidV5(namespace: string, name: string): string {
  const bytes = createHash('sha1').update(uuidToBytes(namespace)).update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytesToUuid(bytes)
}
