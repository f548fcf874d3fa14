/**
 * Order numbers: ten characters of Crockford's base32 (https://www.crockford.com/base32.html) from the last 50 bits of
 * the order's id, which are random in UUIDs of versions 4 and 7. PostgreSQL computes the same 50 bits by
 * order_number_value().
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const numberLength = 10

/** Returns the number of an order, such as `7KQ4M-2XD9T`. */
export function orderNumber(orderId: string): string {
  // 52 bits, exact in a double; the first two of them belong to the rest of the id
  const bits = Number.parseInt(orderId.slice(22, 23) + orderId.slice(24), 16) % 2 ** 50
  let rest = bits
  let text = ''
  for (let place = 0; place < numberLength; place++) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return `${text.slice(0, 5)}-${text.slice(5)}`
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
