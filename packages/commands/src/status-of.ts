import { get } from 'node:http'

/**
 * Returns the status of the answer to GET on an http URL; undefined when there is no answer in time. Uses no
 * proxy, whatever the environment says.
 */
export function statusOf(url: string, { timeoutMs = 20_000 } = {}): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const request = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
    resolve(response.statusCode)
    response.resume().on('error', () => {})
  })
  request.on('error', () => resolve(undefined))
  return promise
}
