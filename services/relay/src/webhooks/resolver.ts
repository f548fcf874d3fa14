import { Resolver } from 'node:dns/promises'
import { setTimeout } from 'node:timers/promises'

/** Returns the addresses of a name; rejects if there are none, or none in time. */
export type Resolve = (name: string) => Promise<string[]>

/**
 * How long to wait for the other kind of address once one has come, in milliseconds: some servers never answer the
 * question for IPv6.
 */
const otherKindMs = 250

/**
 * Returns a function that asks DNS servers itself: dns.lookup has four threads for the whole process, and a few names
 * whose servers are silent would stall them. It does not read /etc/hosts and knows no search domains. `servers` are
 * those of the machine when absent.
 */
export function createResolver({
  timeoutMs,
  servers,
}: {
  timeoutMs: number
  servers?: readonly string[] | undefined
}): Resolve {
  return async (name) => {
    // RFC 6761: never a question for a DNS server
    if (/(?:^|\.)localhost\.?$/.test(name)) return ['127.0.0.1', '::1']
    // one of its own for each question, so that cancelling ends this one only
    const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 2), tries: 2 })
    if (servers) resolver.setServers(servers)
    try {
      return await addressesOf(name, resolver, timeoutMs)
    } finally {
      resolver.cancel()
    }
  }
}

async function addressesOf(name: string, resolver: Resolver, timeoutMs: number): Promise<string[]> {
  const both = [resolver.resolve4(name), resolver.resolve6(name)]
  const ended = new AbortController()
  const wait = (ms: number) => setTimeout(ms, undefined, { signal: ended.signal }).catch(() => undefined)
  try {
    const first = Promise.any(both)
    // cancelling rejects what nothing awaits any longer
    for (const question of both) question.catch(() => undefined)
    const found = await Promise.race([first, wait(timeoutMs)])
    if (!found) throw new Error('The DNS servers did not answer in time.')
    const all = await Promise.race([Promise.allSettled(both), wait(otherKindMs)])
    if (!all) return found
    return all.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  } finally {
    ended.abort()
  }
}
