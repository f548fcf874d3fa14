/** Resolves after `ms`. Rejects with the signal's reason as soon as it aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/**
 * Returns how long to wait before attempt `attempt + 1`: half to all of 250 ms, doubled with each attempt, up
 * to `maxMs`; the random part keeps clients that failed together from coming back together.
 */
export function backoffMs(attempt: number, maxMs = 8_000): number {
  const fullMs = Math.min(maxMs, 250 * 2 ** (attempt - 1))
  return fullMs * (0.5 + Math.random() / 2)
}

/** Returns the milliseconds that `Retry-After` asks for, in seconds or as a date; 0 without a valid one. */
export function retryAfterMs(headers: Headers): number {
  const value = headers.get('retry-after') ?? ''
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now())
}
