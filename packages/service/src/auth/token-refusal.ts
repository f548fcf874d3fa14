import { errors } from 'jose'
import { AppError, InvalidTokenError, type TokenRefusal } from '../errors.ts'

/** Returns the InvalidTokenError for an error thrown by jose, and any other error unchanged. */
export function tokenRefusal(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof errors.JOSEError)) return error
  const reason = reasonOf(error)
  const message = reason === 'expired' ? 'The access token has expired.' : undefined
  return new InvalidTokenError(reason, message, { cause: error })
}

function reasonOf(error: errors.JOSEError): TokenRefusal {
  if (error instanceof errors.JWTExpired) return error.claim === 'exp' ? 'expired' : 'too_old'
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error)
  return reasons[error.code] ?? 'malformed'
}

function claimReason({ claim, reason }: errors.JWTClaimValidationFailed): TokenRefusal {
  if (claim === 'iss') return 'wrong_issuer'
  if (reason === 'missing') return 'missing_claim'
  // only the times are left: nbf or iat is in the future, or one of them is not a number
  return reason === 'check_failed' ? 'not_yet_valid' : 'invalid_claim'
}

/** Keyed by jose's error codes. */
const reasons: Record<string, TokenRefusal> = {
  [errors.JOSEAlgNotAllowed.code]: 'wrong_algorithm',
  [errors.JOSENotSupported.code]: 'unsupported',
  [errors.JWSSignatureVerificationFailed.code]: 'bad_signature',
  [errors.JWKSNoMatchingKey.code]: 'unknown_key',
  [errors.JWKSMultipleMatchingKeys.code]: 'unusable_key',
  [errors.JWKInvalid.code]: 'unusable_key',
}
