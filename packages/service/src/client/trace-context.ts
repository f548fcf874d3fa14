import type { IncomingHttpHeaders } from 'node:http'

/** Version 00 of W3C Trace Context. Ids of zeros are not valid. */
const valid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Returns the traceparent of a request, or undefined if it has none that is valid. */
export function traceparentOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  return typeof traceparent === 'string' && valid.test(traceparent) ? traceparent : undefined
}
