import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** The metadata address of Azure: ipaddr.js knows IANA's registries of special addresses, and this is in none. */
const metadataOfAzure = '168.63.129.16'

/** All of IPv6 that IANA has assigned for global unicast. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Returns the address, an IPv4 address that is mapped into IPv6 as itself; undefined for anything but the plain text of
 * an address, and for one with a zone.
 */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const version = isIP(text)
  if (version === 0 || text.includes('%')) return undefined
  // ipaddr.js reads ::8.8.8.8 as if it were mapped, node:net does not: URL writes it without dots
  return ipaddr.process(version === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text)
}

/** Returns whether it is global unicast, and in none of the blocks with a special purpose. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false
  if (address.kind() === 'ipv6' && !address.match(globalUnicast)) return false
  return address.toString() !== metadataOfAzure
}

/** What is allowed beyond public addresses: blocks of addresses, and names in lower case. */
export type AllowList = { blocks: Block[]; names: Set<string> }

const namePattern = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

/** Returns the allow list in a text such as `10.2.0.0/16,::1,receiver.internal`, or undefined if it is not valid. */
export function parseAllowList(text: string): AllowList | undefined {
  const allowList: AllowList = { blocks: [], names: new Set() }
  for (const entry of text
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())) {
    const address = parseAddress(entry)
    if (address) allowList.blocks.push([address, address.kind() === 'ipv4' ? 32 : 128])
    else if (ipaddr.isValidCIDR(entry)) allowList.blocks.push(ipaddr.parseCIDR(entry))
    else if (namePattern.test(entry) && !/^[0-9.]+$/.test(entry)) allowList.names.add(entry)
    else return undefined
  }
  return allowList
}

/** Returns whether requests may go to the address: it is public, or in one of the allowed blocks. */
export function mayConnectTo(text: string, { blocks }: Pick<AllowList, 'blocks'>): boolean {
  const address = parseAddress(text)
  if (!address) return false
  return isPublic(address) || blocks.some((block) => isWithin(address, block))
}

const isWithin = (address: ipaddr.IPv4 | ipaddr.IPv6, block: Block) =>
  address.kind() === block[0].kind() && address.match(block)
