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

const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always about:blank; code identifies the problem.' }),
    title: Type.String({ description: 'The name of the status.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'For people; its wording may change.' }),
    code: Type.String({
      pattern: '^[a-z]+(_[a-z]+)*$',
      description: 'Stable and meant for programs; docs/api.md lists them all.',
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
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'The request is not valid.',
        code: 'validation_failed',
        requestId: '019ddc4c-8c7e-7b1f-9a56-3f0d5c0c7a11',
        errors: [{ parameter: 'limit', detail: 'must be <= 100' }],
      },
    ],
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
  403: { description: 'The caller may not do this.' },
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

const content = { 'application/problem+json': { schema: Problem } }

/** Returns the entries of the error statuses that a route can answer. */
export function problems<Status extends ProblemStatus>(...statuses: Status[]) {
  const entries = statuses.map((status) => [status, { ...reasons[status], content }])
  return Object.fromEntries(entries) as Record<Status, { content: typeof content }>
}

/** Like `problems`, for errors that carry `members` of their own besides those of every problem. */
export function problemsWith<Status extends ProblemStatus>(members: TProperties, ...statuses: Status[]) {
  const schema = Type.Object({ ...Problem.properties, ...members })
  const entries = statuses.map((status) => [
    status,
    { ...reasons[status], content: { 'application/problem+json': { schema } } },
  ])
  return Object.fromEntries(entries) as Record<Status, { content: typeof content }>
}
