/**
 * Order numbers: ten characters of Crockford's base32 (https://www.crockford.com/base32.html) from the last 50 bits of
 * the order's id, which are random in UUIDs of versions 4 and 7. PostgreSQL computes the same 50 bits by
 * order_number_value().
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const numberLength = 10

/** Two characters for each ten bits: a page has twenty numbers, and most of their cost was making strings. */
const pairs = Array.from(
  { length: 1024 },
  (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31),
)

const half = (bits: number) => `${pairs[bits >> 15]}${pairs[(bits >> 5) & 1023]}${alphabet[bits & 31]}`

/** Returns the number of an order, such as `7KQ4M-2XD9T`. */
export function orderNumber(orderId: string): string {
  // 28 and 24 bits, of which the first two belong to the rest of the id
  const high = Number.parseInt(orderId.slice(22, 23) + orderId.slice(24, 30), 16)
  const low = Number.parseInt(orderId.slice(30), 16)
  return `${half((high >> 1) & 0x1ff_ffff)}-${half(((high & 1) << 24) | low)}`
}

/** From four characters a prefix is specific enough: one order in a million has it. */
export const orderNumberPattern = '^[0-9A-TV-Za-tv-z]{4,5}$|^[0-9A-TV-Za-tv-z]{5}-?[0-9A-TV-Za-tv-z]{0,5}$'

/** The values of order_number_value() that a prefix stands for, both included, as PostgreSQL's text of a bigint. */
export type OrderNumberRange = { from: string; to: string }

/**
 * Returns the range of a number or the first characters of one (4–10), in any case, with or without the dash; I and L
 * are read as 1 and O as 0. Returns undefined for any other text.
 */
export function orderNumberRange(text: string): OrderNumberRange | undefined {
  if (!new RegExp(orderNumberPattern).test(text)) return undefined
  const digits = text.toUpperCase().replace('-', '').replace(/[IL]/g, '1').replace(/O/g, '0')
  let value = 0n
  for (const digit of digits) value = value * 32n + BigInt(alphabet.indexOf(digit))
  const shift = BigInt(5 * (numberLength - digits.length))
  return { from: String(value << shift), to: String(((value + 1n) << shift) - 1n) }
}
