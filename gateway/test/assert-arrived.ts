import assert from 'node:assert/strict'
import type { Arrival as Expected } from './cases/case.ts'
import type { Arrival } from './local-gateways.ts'

/** Asserts that one request arrived, as expected, with the id that the client received. */
export function assertArrived(
  arrivals: Arrival[],
  { line, service, headers = {}, body }: Expected,
  id: string | undefined,
) {
  assert.deepEqual(
    arrivals.map(({ method, url }) => `${method} ${url}`),
    [line],
  )
  const [arrival] = arrivals
  if (service) assert.equal(arrival?.service, service)
  for (const [name, expected] of Object.entries(headers)) {
    const actual = arrival?.headers[name]
    if (expected instanceof RegExp) assert.match(String(actual), expected, name)
    else assert.equal(actual, expected, name)
  }
  if (body !== undefined) assert.equal(arrival?.body, body)
  assert.equal(arrival?.headers['x-request-id'], id, 'the id that the client receives')
}
