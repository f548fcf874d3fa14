/**
 * One problem with a request: `pointer` is a JSON Pointer into the body, `parameter` names a query or path
 * parameter or a header.
 */
export type ErrorDetail = { pointer: string; detail: string } | { parameter: string; detail: string }

export type AppErrorOptions = {
  cause?: unknown
  /** Headers that this error adds to the answer, e.g. Retry-After. */
  headers?: Record<string, string>
  errors?: ErrorDetail[]
  /** Extension members of the problem (RFC 9457, section 3.2), beside the ones that all problems have. */
  members?: Record<string, unknown>
}

/**
 * An expected failure. `code` is stable and listed for clients; `message` becomes the `detail` of the answer.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError'
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>
  readonly errors: ErrorDetail[] | undefined
  readonly members: Record<string, unknown> | undefined

  constructor(status: number, code: string, message: string, options: AppErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.status = status
    this.code = code
    this.headers = options.headers ?? {}
    this.errors = options.errors
    this.members = options.members
  }
}

/** 400: the request does not conform to the contract; `errors` says where. */
export class ValidationError extends AppError {
  override readonly name = 'ValidationError'

  constructor(errors: ErrorDetail[], options: AppErrorOptions = {}) {
    super(400, 'validation_failed', 'The request is not valid.', { ...options, errors })
  }
}

/** 401: no token or credentials, or ones that are not valid. `WWW-Authenticate` follows RFC 6750, section 3. */
export class UnauthorizedError extends AppError {
  override readonly name = 'UnauthorizedError'

  constructor(
    code: 'token_missing' | 'invalid_token' | 'invalid_credentials' | 'invalid_refresh_token',
    message: string,
    options: AppErrorOptions = {},
  ) {
    const challenge = code === 'invalid_token' ? 'Bearer error="invalid_token"' : 'Bearer'
    super(401, code, message, { ...options, headers: { 'www-authenticate': challenge } })
  }
}

/**
 * Why an access token was refused. These words are stable, for searches and alerts, and contain nothing from
 * the token.
 */
export type TokenRefusal =
  | 'malformed'
  | 'too_long'
  | 'unsupported'
  | 'wrong_algorithm'
  | 'no_key_named'
  | 'unknown_key'
  | 'unusable_key'
  | 'bad_signature'
  | 'wrong_type'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'missing_claim'
  | 'invalid_claim'
  | 'expired'
  | 'too_old'
  | 'not_yet_valid'
  | 'sub_is_no_uuid'

/**
 * 401 `invalid_token`. `reason` goes to the log only: clients get the same message for all but expired
 * tokens.
 */
export class InvalidTokenError extends UnauthorizedError {
  readonly reason: TokenRefusal

  constructor(
    reason: TokenRefusal,
    message = 'The access token does not verify.',
    options: AppErrorOptions = {},
  ) {
    super('invalid_token', message, options)
    this.reason = reason
  }
}

/** 403: the caller is known, but not allowed to do this. */
export class ForbiddenError extends AppError {
  override readonly name = 'ForbiddenError'

  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(403, code, message, options)
  }
}

/** 403: the caller may do this, but not with this token, which lacks `scope` (RFC 6750, section 3.1). */
export class InsufficientScopeError extends AppError {
  override readonly name = 'InsufficientScopeError'

  constructor(scope: string) {
    super(403, 'insufficient_scope', 'The access token lacks a scope that this request requires.', {
      headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
    })
  }
}

/**
 * 404: `resource` does not exist or belongs to another user; the answer is the same. Code:
 * `<resource>_not_found`.
 */
export class NotFoundError extends AppError {
  override readonly name = 'NotFoundError'

  constructor(resource: string, options: AppErrorOptions = {}) {
    super(404, `${resource}_not_found`, `No such ${resource}.`, options)
  }
}

/** 409: the request conflicts with the current state. */
export class ConflictError extends AppError {
  override readonly name = 'ConflictError'

  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(409, code, message, options)
  }
}

/** 503: a dependency is unavailable or busy; the client may try again after `retryAfterSeconds`. */
export class ServiceUnavailableError extends AppError {
  override readonly name = 'ServiceUnavailableError'

  constructor(code: string, message: string, options: AppErrorOptions & { retryAfterSeconds?: number } = {}) {
    const { retryAfterSeconds = 1, ...rest } = options
    super(503, code, message, { ...rest, headers: { 'retry-after': String(retryAfterSeconds) } })
  }
}

/** 502: another service returned an error or an invalid answer. */
export class BadGatewayError extends AppError {
  override readonly name = 'BadGatewayError'

  constructor(message: string, options: AppErrorOptions = {}) {
    super(502, 'upstream_error', message, options)
  }
}

/** 504: another service took too long. */
export class GatewayTimeoutError extends AppError {
  override readonly name = 'GatewayTimeoutError'

  constructor(message: string, options: AppErrorOptions = {}) {
    super(504, 'upstream_timeout', message, options)
  }
}
