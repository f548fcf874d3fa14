import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Returns the caller's X-Request-ID if it is safe in logs and headers, otherwise a new id. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
}
