import type { components, operations } from './document.ts'
import { backoffMs, retryAfterMs } from './pause.ts'
import { ConnectionError, transientCode, transientStatuses } from './transport.ts'
import type { Operation } from './types.ts'

type Problems<Responses> = {
  [Status in keyof Responses]: Responses[Status] extends {
    content: { 'application/problem+json': infer Body }
  }
    ? Body
    : never
}[keyof Responses]

type ProblemOf<Id extends Operation> = { [Each in Id]: Problems<operations[Each]['responses']> }[Id]

/** The codes that the document names; a problem without an enum would make every text a code. */
type Codes<Problem> = Problem extends { code: string }
  ? string extends Problem['code']
    ? never
    : Problem['code']
  : never

/** The codes of the errors that an operation can answer with. */
export type CodeOf<Id extends Operation> = Codes<ProblemOf<Id>>

/** All codes, and `unexpected_answer` for an error that is no problem of the API, such as a proxy's page. */
export type ErrorCode = CodeOf<Operation> | 'unexpected_answer'

/** What an order was when it refused a change. */
export type RefusedOrder = components['schemas']['CurrentOrder']

type FieldErrors = components['schemas']['ProblemDetail'][]

/** What errors have in addition, by their codes. */
type Details<Code> = Code extends 'version_mismatch' | 'illegal_transition' | 'refund_too_large'
  ? { readonly order: RefusedOrder }
  : Code extends 'validation_failed'
    ? { readonly errors: FieldErrors }
    : Code extends 'cursor_expired' | 'cursor_ahead' | 'cursor_of_another_epoch'
      ? { readonly first?: string; readonly latest?: string }
      : { readonly errors?: FieldErrors }

class ProblemError extends Error {
  override readonly name = 'ShopError'
  readonly status: number
  readonly code: string
  /** For support: finds the request in the logs of the services. */
  readonly requestId: string | undefined
  /** How long the server asks to wait before the next attempt; 0 if it does not. */
  readonly retryAfterMs: number

  constructor(response: Response, body: unknown) {
    const { code, detail, requestId, type, title, status, ...details } = problemOf(body, response)
    super(detail)
    this.status = response.status
    this.code = code
    this.requestId = requestId
    this.retryAfterMs = retryAfterMs(response.headers)
    Object.assign(this, details)
  }
}

type AnyProblem = { code: string; detail: string; requestId?: string; [member: string]: unknown }

function problemOf(body: unknown, response: Response): AnyProblem {
  if (typeof body === 'object' && body !== null && 'code' in body) return body as AnyProblem
  const detail = `${response.status} ${response.statusText}`.trim()
  return { code: 'unexpected_answer', detail }
}

/**
 * An error that the API answered with. `code` says which, and narrows the type: with `version_mismatch`, for
 * example, `order` is there. `message` is for people, and its wording may change.
 */
export type ShopError = {
  [Code in ErrorCode]: ProblemError & { readonly code: Code } & Details<Code>
}[ErrorCode]

export const ShopError = ProblemError as unknown as {
  new (response: Response, body: unknown): ShopError
  readonly prototype: ShopError
}

/** Whether the same request may succeed later: there was no answer, or one that asks to wait. */
export function isTransient(error: unknown): error is ShopError | ConnectionError {
  if (error instanceof ConnectionError) return true
  if (!(error instanceof ShopError)) return false
  return transientStatuses.includes(error.status) || error.code === transientCode
}

const maxPauseMs = 30_000

/** Returns how long one that goes on for ever waits after `failures` in a row, the last of which was this one. */
export function pauseAfterMs(error: unknown, failures: number): number {
  const askedMs = error instanceof ShopError ? error.retryAfterMs : 0
  return Math.min(askedMs, 10 * maxPauseMs) + backoffMs(failures, maxPauseMs)
}
