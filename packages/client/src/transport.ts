import { followSignal } from './abort.ts'
import { backoffMs, pause, retryAfterMs } from './pause.ts'

/**
 * Returns an access token, or undefined to send none; called before every attempt. `rejected` is a token that
 * has just been answered with 401: a supplier that can get another one returns that.
 */
export type TokenSupplier = (context: {
  rejected: string | undefined
}) => string | undefined | Promise<string | undefined>

export type RetryLimits = {
  /** How often a request is sent in all; 1 switches repeating off. Default 4. */
  attempts: number
  /** No further attempt begins later than this; a `Retry-After` beyond it ends the attempts. Default 60 s. */
  totalMs: number
  /** How long one attempt may take, with the body of its answer. Default 15 s. */
  timeoutMs: number
}

export type TransportOptions = {
  token?: string | TokenSupplier
  fetch?: typeof globalThis.fetch
  retry?: Partial<RetryLimits>
}

export type SendOptions = {
  /** Sends no token, for routes that need none. */
  anonymous?: boolean
  /** May be sent again although its method does not say so, and it has no Idempotency-Key. */
  repeatable?: boolean
  timeoutMs?: number
}

/** There was no answer: the network failed, or it took too long. The request may have had its effect. */
export class ConnectionError extends Error {
  override name = 'ConnectionError'
}

export type Transport = ReturnType<typeof createTransport>

export function createTransport({ token, fetch = globalThis.fetch, retry = {} }: TransportOptions) {
  const limits: RetryLimits = { attempts: 4, totalMs: 60_000, timeoutMs: 15_000, ...retry }
  for (const [name, value] of Object.entries(limits))
    if (!(value >= 1)) throw new TypeError(`retry.${name}: expected a number of at least 1, got ${value}`)
  const supplyToken: TokenSupplier = typeof token === 'function' ? token : () => token

  /** Lets `once` send the request with a token, and again if the token is refused and there is another one. */
  async function withToken(request: Request, once: (request: Request) => Promise<Response>) {
    const first = await supplyToken({ rejected: undefined })
    const response = await once(withAuthorization(request, first))
    if (response.status !== 401 || first === undefined) return response
    const second = await supplyToken({ rejected: first })
    if (second === undefined || second === first) return response
    await response.body?.cancel()
    return once(withAuthorization(request, second))
  }

  /** Sends once, and reads the whole answer: one that breaks off is no answer. */
  async function exchange(request: Request, signal: AbortSignal, timeoutMs: number): Promise<Response> {
    const { controller, unfollow } = followSignal(signal)
    const timer = setTimeout(() => controller.abort(), timeoutMs)
    try {
      const response = await fetch(request, { signal: controller.signal })
      const hasBody = ![204, 205, 304].includes(response.status)
      const body = hasBody ? await response.arrayBuffer() : null
      const { status, statusText, headers } = response
      return new Response(body, { status, statusText, headers })
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      const what = controller.signal.aborted ? `no answer within ${timeoutMs} ms` : 'no answer'
      throw new ConnectionError(`${request.method} ${request.url}: ${what}`, { cause })
    } finally {
      clearTimeout(timer)
      unfollow()
    }
  }

  return {
    limits,

    /**
     * Sends a request until it gets an answer that is final, as docs/api.md says: only what is safe to repeat,
     * within the limits, and never before `Retry-After`. Throws ConnectionError when the last attempt got no
     * answer, and the signal's reason once it aborts.
     */
    async send(request: Request, options: SendOptions = {}): Promise<Response> {
      const { anonymous = false, timeoutMs = limits.timeoutMs } = options
      const isRepeatable = options.repeatable || isSafeToRepeat(request)
      const startedAt = Date.now()
      // not the copy's own signal: in Node, that of a clone stops following once the clone is collected
      const once = (copy: Request) => exchange(copy, request.signal, timeoutMs)
      for (let attempt = 1; ; attempt++) {
        let response: Response | undefined
        let failure: unknown
        try {
          response = await (anonymous ? once(request.clone()) : withToken(request, once))
          if (!(await isTransientAnswer(response))) return response
        } catch (error) {
          if (!(error instanceof ConnectionError)) throw error
          failure = error
        }
        const asked = response ? retryAfterMs(response.headers) : 0
        const waitMs = asked + backoffMs(attempt)
        const isLast = attempt >= limits.attempts || Date.now() + waitMs - startedAt > limits.totalMs
        if (!isRepeatable || isLast) {
          if (response) return response
          throw failure
        }
        await pause(waitMs, request.signal)
      }
    },

    /**
     * Sends once and returns the answer with its body unread, for streams; `controller` ends both. Throws
     * ConnectionError.
     */
    async open(request: Request, controller: AbortController): Promise<Response> {
      const timer = setTimeout(() => controller.abort(), limits.timeoutMs)
      try {
        return await withToken(request, (copy) =>
          fetch(copy, { signal: controller.signal }).catch((cause) => {
            throw new ConnectionError(`${request.method} ${request.url}: no answer`, { cause })
          }),
        )
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

function withAuthorization(request: Request, token: string | undefined): Request {
  const copy = request.clone()
  if (token !== undefined) copy.headers.set('authorization', `Bearer ${token}`)
  return copy
}

function isSafeToRepeat({ method, headers }: Request): boolean {
  return method === 'GET' || method === 'HEAD' || headers.has('idempotency-key')
}

/** What a client waits for and sends again; every other answer is final. */
export const transientStatuses = [429, 502, 503, 504]
export const transientCode = 'idempotency_in_progress'

async function isTransientAnswer(response: Response): Promise<boolean> {
  if (transientStatuses.includes(response.status)) return true
  return response.status === 409 && (await response.clone().text()).includes(`"${transientCode}"`)
}
