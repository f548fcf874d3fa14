import { BlockList, isIP, isIPv4 } from 'node:net'
import { type OptionalSetting, optional } from '@shop/service/config'
import type { FastifyRequest } from 'fastify'

export type ClientAddress = (request: Pick<FastifyRequest, 'headers' | 'socket'>) => string

/** Addresses and networks, for which a BlockList is a set, whatever its name. */
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
 * Whom a request comes from, for counting. X-Forwarded-For counts as far as it was written by `trusted` proxies, from its end on: what is
 * before that, a client may have made up.
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

/** Without what is in front of an IPv4 address on a socket for both versions. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')

/** For IPv6 the first 64 bits: one subscriber has all addresses that begin so. */
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
