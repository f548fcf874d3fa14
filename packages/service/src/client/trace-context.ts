import type { IncomingHttpHeaders } from 'node:http'
import { activeTraceparent } from '../tracing.ts'

/** Version 00 of W3C Trace Context. Ids of zeros are not valid. */
const valid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/**
 * Returns the trace and the span that answer a request: those of its traceparent, if it has a valid one, or of the active
 * span, which is its child.
 */
export function traceparentOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  const active = activeTraceparent()
  if (active) return active
  return typeof traceparent === 'string' && valid.test(traceparent) ? traceparent : undefined
}
