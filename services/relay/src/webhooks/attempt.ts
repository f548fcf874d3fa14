import { Pool, request } from 'undici'
import { type Message, signatureHeaders } from './signature.ts'
import { createConnector, RefusedTargetError, type TargetPolicy, UnresolvedTargetError } from './target.ts'

/** How long an attempt may take, from finding the address to the end of the answer, in milliseconds. */
const attemptTimeoutMs = 15_000
/** How much of an answer is read, and how much of one that reports a failure is kept, in bytes. */
const maxReadBytes = 4096
const maxKeptBytes = 1024

/** Why there was no answer. These words are stable: they are shown to operators. */
export type NoAnswer =
  | 'address_refused'
  | 'name_not_resolved'
  | 'connection_failed'
  | 'connection_closed'
  | 'tls_failed'
  | 'timed_out'
  | 'invalid_answer'

/** What came of an attempt. Only an answer of 2xx is success. */
export type Outcome =
  | { delivered: true; status: number; durationMs: number }
  | {
      delivered: false
      /** Absent when there was no answer. */
      status?: number
      reason: NoAnswer | 'status'
      /** The beginning of the answer. */
      answer?: string
      retryAfterSeconds?: number
      durationMs: number
    }

export type Sender = ReturnType<typeof createSender>

/**
 * Returns what sends messages to one URL, over connections of its own, so that no other receiver can use them up. It
 * follows no redirects, inflates nothing, uses no proxy, and never waits longer than `timeoutMs`.
 */
export function createSender(
  url: string,
  {
    policy,
    connections,
    timeoutMs = attemptTimeoutMs,
  }: { policy: TargetPolicy; connections: number; timeoutMs?: number },
) {
  const { origin } = new URL(url)
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    connect: createConnector(policy),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: 16 * 1024,
  })

  return {
    /** Makes one attempt, signed with each of `secrets`. Never rejects. */
    async send(message: Message, secrets: readonly string[]): Promise<Outcome> {
      const start = performance.now()
      // AbortSignal.timeout would keep its timer, and all that it refers to, until the end
      const { signal, timer } = abortAfter(timeoutMs)
      const elapsed = () => Math.round(performance.now() - start)
      try {
        const timestamp = Math.floor(Date.now() / 1000)
        const { statusCode, headers, body } = await request(url, {
          dispatcher: pool,
          method: 'POST',
          signal,
          headers: {
            'content-type': 'application/cloudevents+json; charset=utf-8',
            'user-agent': 'order-stack-webhooks',
            ...signatureHeaders(message, { secrets, timestamp }),
          },
          body: message.body,
        })
        const answer = await readStart(body)
        if (statusCode >= 200 && statusCode < 300)
          return { delivered: true, status: statusCode, durationMs: elapsed() }
        const retryAfterSeconds = readRetryAfter(headers['retry-after'])
        return {
          delivered: false,
          status: statusCode,
          reason: 'status',
          answer,
          ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
          durationMs: elapsed(),
        }
      } catch (error) {
        return { delivered: false, reason: reasonOf(error, signal), durationMs: elapsed() }
      } finally {
        clearTimeout(timer)
      }
    },

    /** Closes the connections; attempts in progress fail. */
    close: () => pool.destroy(),
  }
}

function abortAfter(ms: number) {
  const ending = new AbortController()
  return { signal: ending.signal, timer: setTimeout(() => ending.abort(), ms) }
}

/**
 * Returns the first bytes of an answer as text, and gives up on the rest of a longer one with its connection. An answer
 * that breaks off has been given: its status counts.
 */
async function readStart(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      length += chunk.length
      // leaving the loop destroys the stream
      if (length > maxReadBytes) break
    }
  } catch {
    body.destroy()
  }
  const start = Buffer.concat(chunks).subarray(0, maxKeptBytes)
  // PostgreSQL cannot store NUL
  return start.toString('utf8').replaceAll('\0', '\uFFFD')
}

/** Returns the seconds of a Retry-After header, which has a number of them or a date; undefined for anything else. */
function readRetryAfter(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}

function reasonOf(error: unknown, signal: AbortSignal): NoAnswer {
  if (error instanceof RefusedTargetError) return 'address_refused'
  if (error instanceof UnresolvedTargetError) return 'name_not_resolved'
  if (signal.aborted) return 'timed_out'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^(?:ETIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT)$/.test(code)) return 'timed_out'
  if (/^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code)) return 'connection_failed'
  if (/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)) return 'connection_closed'
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)) return 'tls_failed'
  return 'invalid_answer'
}
