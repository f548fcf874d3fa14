import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect, type NatsConnection } from '@nats-io/transport-node'

/** Time to connect, and for the broker to answer a request, in milliseconds. */
export const brokerTimeoutMs = 5000

/**
 * Connects to the broker of a nats:// or tls:// URL. The connection is never restored: after a break the stream has to be
 * looked at again. Its errors do not contain the password. Throws when the broker does not answer in time, and when
 * `signal` is aborted.
 */
export async function connectToBroker(brokerUrl: string, signal: AbortSignal): Promise<NatsConnection> {
  const { protocol, host, hostname, port, username, password } = new URL(brokerUrl)
  await greet(hostname.replace(/^\[|\]$/g, ''), Number(port || 4222), signal)
  const login = password
    ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
    : { token: decodeURIComponent(username) }
  const connection = await connect({
    servers: host,
    ...(username && login),
    // an empty object refuses a broker without TLS, before the password is sent
    ...(protocol === 'tls:' && { tls: {} }),
    name: 'relay',
    reconnect: false,
    ignoreClusterUpdates: true,
    timeout: brokerTimeoutMs,
    pingInterval: 2000,
    maxPingOut: 2,
  })
  if (!signal.aborted) return connection
  await connection.close()
  throw signal.reason
}

/**
 * Resolves when the broker greets. The client leaves its socket open when it is not greeted in time, so that a frozen
 * broker would get one more with every attempt.
 */
async function greet(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connectTcp({ host, port })
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(brokerTimeoutMs)])
  try {
    await once(socket, 'data', { signal: inTime })
  } catch (error) {
    if (signal.aborted || !inTime.aborted) throw error
    throw new Error(`the broker does not answer within ${brokerTimeoutMs / 1000} s`, { cause: error })
  } finally {
    socket.on('error', () => undefined).destroy()
  }
}
