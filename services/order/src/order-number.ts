import { crockfordDigits, uuidNumber } from '@shop/service/uuid-number'

/** Returns the number of an order, such as `7KQ4M-2XD9T`. PostgreSQL computes the same 50 bits by order_number_value(). */
export const orderNumber = uuidNumber

const numberLength = 10

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
  for (const digit of digits) value = value * 32n + BigInt(crockfordDigits.indexOf(digit))
  const shift = BigInt(5 * (numberLength - digits.length))
  return { from: String(value << shift), to: String(((value + 1n) << shift) - 1n) }
}
