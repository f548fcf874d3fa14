import { type TSchema, Type } from 'typebox'

// The `response` entries of routes' schemas: what a route can answer, for its contract.

/** Schemas of headers. With `required`, no such answer comes without it. */
type Headers = Record<string, { type: string; enum?: string[]; description: string; required?: boolean }>

/** The entry of a success. */
export function success<Schema extends TSchema>(description: string, schema: Schema, headers: Headers = {}) {
  return { description, headers, content: { 'application/json': { schema } } }
}

/** Beside a 201. */
export const locationHeader = {
  Location: {
    type: 'string',
    format: 'uri-reference',
    description: 'Where it is from now on.',
    required: true,
  },
}

const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always about:blank, because code says which problem it is.' }),
    title: Type.String({ description: 'The name of the status.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'For people; its wording may change.' }),
    code: Type.String({
      pattern: '^[a-z]+(_[a-z]+)*$',
      description: 'Stable and meant for programs; docs/api.md lists them all.',
    }),
    requestId: Type.String({ description: 'As in X-Request-ID; our logs have it too.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.Optional(Type.String({ description: 'JSON Pointer into the body.' })),
          parameter: Type.Optional(Type.String({ description: 'A query or path parameter, or a header.' })),
          detail: Type.String(),
        }),
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
const retryAfter = { type: 'integer', minimum: 1, description: 'When to try again, in seconds from now.' }

const reasons = {
  400: { description: 'The request is malformed or does not fit the contract.' },
  401: {
    description: 'Not known who asks: no token, or one that does not verify, or the wrong password.',
    headers: { 'WWW-Authenticate': challenge },
  },
  403: { description: 'The caller may not do this.' },
  404: { description: 'Missing, or not the caller’s to see.' },
  409: { description: 'In conflict with the present state.', headers: { 'Retry-After': retryAfter } },
  413: { description: 'The body is too large.' },
  415: {
    description: 'The body is not application/json in UTF-8, or has a content coding.',
    headers: {
      'Accept-Encoding': {
        type: 'string',
        enum: ['identity'],
        description: 'Present if it had a content coding.',
      },
    },
  },
  422: { description: 'The Idempotency-Key was used for another request.' },
  500: { description: 'Something went wrong on our side.' },
  502: { description: 'Another service that this needs gave no valid answer.' },
  503: {
    description: 'Not able to serve now.',
    headers: { 'Retry-After': { ...retryAfter, required: true } },
  },
  504: { description: 'Another service that this needs took too long.' },
} satisfies Record<number, { description: string; headers?: Headers }>

type ProblemStatus = keyof typeof reasons

const content = { 'application/problem+json': { schema: Problem } }

/** The entries of the error statuses that a route can answer. */
export function problems<Status extends ProblemStatus>(...statuses: Status[]) {
  const entries = statuses.map((status) => [status, { ...reasons[status], content }])
  return Object.fromEntries(entries) as Record<Status, { content: typeof content }>
}
