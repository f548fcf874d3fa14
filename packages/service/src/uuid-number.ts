/** Crockford's base32 (https://www.crockford.com/base32.html). */
export const crockfordDigits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Two characters for each ten bits: a page has twenty numbers, and most of their cost was making strings. */
const pairs = Array.from(
  { length: 1024 },
  (_, bits) => crockfordDigits.charAt(bits >> 5) + crockfordDigits.charAt(bits & 31),
)

const half = (bits: number) => `${pairs[bits >> 15]}${pairs[(bits >> 5) & 1023]}${crockfordDigits[bits & 31]}`

/**
 * Returns a number for people to read out, such as `7KQ4M-2XD9T`: the last 50 bits of a UUID, which are random in versions
 * 4 and 7, as ten characters of Crockford's base32.
 */
export function uuidNumber(uuid: string): string {
  // 28 and 24 bits, of which the first two belong to the rest of the id
  const high = Number.parseInt(uuid.slice(22, 23) + uuid.slice(24, 30), 16)
  const low = Number.parseInt(uuid.slice(30), 16)
  return `${half((high >> 1) & 0x1ff_ffff)}-${half(((high & 1) << 24) | low)}`
}
