import { BlockList, isIP, isIPv4 } from 'node:net'
import { type OptionalSetting, optional } from '@shop/service/config'
import type { FastifyRequest } from 'fastify'

export type ClientAddress = (request: Pick<FastifyRequest, 'headers' | 'socket'>) => string

/** Returns a setting for a list of addresses and networks; BlockList is Node's name for such a set. */
export function addresses(env: string, { meaning }: { meaning: string }): OptionalSetting<BlockList> {
  return optional({ env, meaning, expected: 'IP addresses and networks, separated by commas', parse })
}

function parse(text: string): BlockList | undefined {
  const list = new BlockList()
  for (const entry of text.split(',')) {
    const [, address = '', bits] = /^\s*([\w.:]+)(?:\/(\d{1,3}))?\s*$/.exec(entry) ?? []
    const version = isIP(address)
    const maxBits = version === 4 ? 32 : 128
    if (version === 0 || Number(bits ?? 0) > maxBits) return undefined
    list.addSubnet(address, Number(bits ?? maxBits), family(address))
  }
  return list
}

/**
 * Returns a function that gives the address to count a request by. X-Forwarded-For is read from its end, as
 * far as `trusted` proxies wrote it: a client may have invented the entries before.
 */
export function createClientAddress(trusted: BlockList | undefined): ClientAddress {
  return ({ headers, socket }) => {
    let address = plain(socket.remoteAddress ?? '')
    for (const hop of String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .toReversed()) {
      const before = plain(hop.trim())
      if (isIP(before) === 0 || !trusted?.check(address, family(address))) break
      address = before
    }
    return network(address)
  }
}

const family = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6')

/** Removes the prefix that an IPv4 address has on a dual-stack socket. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')

/** For IPv6, returns the first 64 bits: one subscriber has all addresses with the same prefix. */
function network(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail = ''] = new URL(`http://[${address.split('%')[0]}]`).hostname
    .slice(1, -1)
    .split('::')
  const [first, last] = [head, tail].map((groups) => groups.split(':').filter(Boolean)) as [
    string[],
    string[],
  ]
  const zeros = Array<string>(8 - first.length - last.length).fill('0')
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`
}
