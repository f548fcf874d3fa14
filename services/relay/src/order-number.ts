/** Crockford's base32. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Returns the number that people know an order by, such as `7KQ4M-2XD9T`: the last 50 bits of its id. */
export function orderNumber(orderId: string): string {
  let bits = BigInt(`0x${orderId.replaceAll('-', '').slice(-13)}`)
  let number = ''
  for (let length = 0; length < 10; length++) {
    number = digits.charAt(Number(bits & 31n)) + number
    bits >>= 5n
  }
  return `${number.slice(0, 5)}-${number.slice(5)}`
}
