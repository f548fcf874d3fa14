import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { type AllowList, mayConnectTo } from './addresses.ts'
import type { Resolve } from './resolver.ts'

export type TargetPolicy = {
  allowList: AllowList
  /** Whether http:// is allowed as well as https://. */
  allowHttp: boolean
  resolve: Resolve
}

/** The address or the URL is one that requests may not go to. Nothing was sent. */
export class RefusedTargetError extends Error {
  override readonly name = 'RefusedTargetError'
}

/** No address could be found for the name of the target. */
export class UnresolvedTargetError extends Error {
  override readonly name = 'UnresolvedTargetError'
}

/** How long a connection may take to be made, without finding its address, in milliseconds. */
const connectTimeoutMs = 10_000

/**
 * Returns why a webhook's URL is refused, or undefined if it may be kept. Names are not looked up: their addresses are
 * checked whenever a connection is made, because they can change.
 */
export function urlProblem(
  text: string,
  { allowList, allowHttp }: Pick<TargetPolicy, 'allowList' | 'allowHttp'>,
): string | undefined {
  if (!URL.canParse(text)) return 'must be an absolute URL'
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:'))
    return allowHttp ? 'must start with https:// or http://' : 'must start with https://'
  if (url.username || url.password) return 'must not contain a user or a password'
  if (url.hash) return 'must not contain a fragment'
  const host = hostOf(url.hostname)
  if (isIP(host) && !mayConnectTo(host, allowList)) return 'must not be a private or special address'
  if (isLocal(host) && !allowList.names.has(host)) return 'must be a public name'
  return undefined
}

/** Returns the host as connections take it: an address of IPv6 without brackets. */
const hostOf = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1')

const isLocal = (host: string) => /(?:^|\.)localhost\.?$/.test(host)

/**
 * Returns what makes connections for undici, to nothing but addresses that were checked. A name is resolved once per
 * connection, each of its addresses must be allowed, and the connection goes to one of those very addresses. What
 * the connection has reached is checked as well.
 */
export function createConnector(policy: TargetPolicy): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    autoSelectFamily: true,
    lookup: lookupAllowed(policy),
  })
  return (options, callback) => {
    const host = hostOf(options.hostname)
    // node:net never looks up an address
    if (isIP(host) && !mayConnectTo(host, policy.allowList)) {
      process.nextTick(callback, new RefusedTargetError(`${host} is not allowed`), null)
      return
    }
    const anyAddress = policy.allowList.names.has(nameOf(host))
    connect(options, (...result) => {
      const [error, socket] = result
      if (error || anyAddress || mayConnectTo(socket.remoteAddress ?? '', policy.allowList))
        return callback(...result)
      socket.destroy()
      callback(new RefusedTargetError('the connection reached an address that is not allowed'), null)
    })
  }
}

/** Returns a lookup for node:net that fails unless all addresses of the name are allowed. */
function lookupAllowed({ resolve, allowList }: TargetPolicy): LookupFunction {
  return (name, { all }, callback) => {
    resolve(name).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first] = found
        const refused =
          !allowList.names.has(nameOf(name)) && addresses.find((address) => !mayConnectTo(address, allowList))
        if (!first) callback(new UnresolvedTargetError(`${name} has no address`), '', 0)
        else if (refused) callback(new RefusedTargetError(`${name} has the address ${refused}`), '', 0)
        else if (all) callback(null, found)
        else callback(null, first.address, first.family)
      },
      (error) =>
        callback(new UnresolvedTargetError(`${name} could not be resolved`, { cause: error }), '', 0),
    )
  }
}

const nameOf = (host: string) => host.toLowerCase().replace(/\.$/, '')
