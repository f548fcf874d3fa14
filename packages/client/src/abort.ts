/**
 * Returns a controller that aborts when `signal` does, until `unfollow`. AbortSignal.any would do the same, but
 * in Node 20 it leaks for signals that live long.
 */
export function followSignal(signal: AbortSignal | undefined) {
  const controller = new AbortController()
  const onAbort = () => controller.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  return { controller, unfollow: () => signal?.removeEventListener('abort', onAbort) }
}
