import { type TProperties, type TSchema, Type } from 'typebox'

// Entries of `response` in the schemas of routes: what a route can answer.

/** Schemas of response headers. A `required` header is in every such answer. */
type Headers = Record<string, { type: string; enum?: string[]; description: string; required?: boolean }>

/** Returns the entry of a success status. */
export function success<Schema extends TSchema>(description: string, schema: Schema, headers: Headers = {}) {
  return { description, headers, content: { 'application/json': { schema } } }
}

/** Returns the entry of a success without a body, a 204. */
export function noContent(description: string, headers: Headers = {}) {
  return { type: 'null', description, headers }
}

/** The headers of a 201. */
export const locationHeader = {
  Location: {
    type: 'string',
    format: 'uri-reference',
    description: 'URL of the new resource.',
    required: true,
  },
}

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always about:blank; code identifies the problem.' }),
    title: Type.String({ description: 'The name of the status.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'For people; its wording may change.' }),
    code: Type.String({
      pattern: '^[a-z]+(_[a-z]+)*$',
      description: 'Stable and meant for programs.',
    }),
    requestId: Type.String({ description: 'The same as X-Request-ID; the logs have it too.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.Optional(Type.String({ description: 'JSON Pointer into the body.' })),
            parameter: Type.Optional(Type.String({ description: 'A query or path parameter, or a header.' })),
            detail: Type.String(),
          },
          { title: 'ProblemDetail' },
        ),
      ),
    ),
  },
  {
    title: 'Problem',
    description: 'RFC 9457 problem details.',
  },
)

const challenge = { type: 'string', description: 'As in RFC 6750.', required: true }
const retryAfter = { type: 'integer', minimum: 1, description: 'Seconds to wait before trying again.' }

const reasons = {
  400: { description: 'The request is malformed or does not fit the contract.' },
  401: {
    description: 'No token, a token that does not verify, or wrong credentials.',
    headers: { 'WWW-Authenticate': challenge },
  },
  403: {
    description: 'The caller may not do this.',
    headers: { 'WWW-Authenticate': { ...challenge, required: false } },
  },
  404: { description: 'Not found, or not visible to the caller.' },
  406: { description: 'Accept allows none of the types that can be sent.' },
  409: { description: 'Conflicts with the current state.', headers: { 'Retry-After': retryAfter } },
  410: { description: 'No longer available.' },
  412: { description: 'If-Match names another version.' },
  413: { description: 'The body is too large.' },
  415: {
    description: 'The body is not application/json in UTF-8, or has a Content-Encoding.',
    headers: {
      'Accept-Encoding': {
        type: 'string',
        enum: ['identity'],
        description: 'Present if the body had a Content-Encoding.',
      },
    },
  },
  422: { description: 'The Idempotency-Key was used for another request.' },
  429: {
    description: 'Too many requests of this kind.',
    headers: { 'Retry-After': { ...retryAfter, required: true } },
  },
  500: { description: 'Something went wrong on our side.' },
  502: { description: 'A service that this one depends on gave no valid answer.' },
  503: {
    description: 'Temporarily unavailable.',
    headers: { 'Retry-After': { ...retryAfter, required: true } },
  },
  504: { description: 'A service that this one depends on took too long.' },
} satisfies Record<number, { description: string; headers?: Headers }>

type ProblemStatus = keyof typeof reasons

/** The codes of statuses that mean the same on every route that can answer with them. */
export const commonCodes = {
  400: ['bad_request', 'invalid_encoding', 'validation_failed'],
  401: ['invalid_token', 'token_missing'],
  403: ['insufficient_scope', 'role_required'],
  413: ['body_too_large'],
  415: ['unsupported_media_type'],
  500: ['internal_error'],
  502: ['upstream_error'],
  503: ['database_unavailable', 'issuer_unavailable', 'overloaded'],
  504: ['upstream_timeout'],
} satisfies Partial<Record<ProblemStatus, string[]>>

type CommonStatus = keyof typeof commonCodes

/** The media type of problems. */
export const problemType = 'application/problem+json'

type ProblemEntry = { content: { [problemType]: { schema: typeof Problem } } }

/**
 * Returns the entry of an error status that a route answers with these codes, and with `members` of its own
 * besides those of every problem.
 */
export function problem<Status extends ProblemStatus>(
  status: Status,
  codes: string[],
  members: TProperties = {},
): Record<Status, ProblemEntry> {
  const schema = Type.Object({
    ...Problem.properties,
    status: Type.Literal(status),
    code: Type.Enum([...codes].sort(), { type: 'string' }),
    ...members,
  })
  const entry = { ...reasons[status], content: { [problemType]: { schema } } }
  return { [status]: entry } as unknown as Record<Status, ProblemEntry>
}

/** Returns the entries of error statuses that a route answers with the codes that they have everywhere. */
export function problems<Status extends CommonStatus>(...statuses: Status[]) {
  const entries = statuses.map((status) => problem(status, commonCodes[status]))
  return Object.assign({}, ...entries) as Record<Status, ProblemEntry>
}
