/** Returns an amount in minor units as a decimal, exactly: 4900 with 2 digits is `49.00`. */
export function toDecimal(amount: number, digits: number): string {
  const sign = amount < 0 ? '-' : ''
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return digits === 0 ? sign + whole : `${sign}${whole}.${text.slice(-digits)}`
}

/** Returns an amount as people write it, with the currency. `digits` is the contract's, because Intl's differ for some. */
export function formatMoney(amount: number, currency: string, digits: number, locale: string): string {
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return format.format(toDecimal(amount, digits) as `${number}`)
}

/** Returns an amount as it stands in a field: with the decimal separator of the locale, without groups. */
export function amountText(amount: number, digits: number, locale: string): string {
  return toDecimal(amount, digits).replace('.', separators(locale).decimal)
}

/** Returns the minor units that a text means, or undefined if it is no amount with at most `digits` decimals. */
export function parseAmount(text: string, digits: number, locale: string): number | undefined {
  const { decimal, group } = separators(locale)
  const plain = text
    .trim()
    .replace(/[\s'’\u00a0\u202f]/g, '')
    .replaceAll(group, '')
    .replace(decimal, '.')
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d*))?$/.exec(plain) ?? []
  if (whole === '' || fraction.length > digits) return undefined
  const amount = Number(whole + fraction.padEnd(digits, '0'))
  return Number.isSafeInteger(amount) ? amount : undefined
}

function separators(locale: string): { decimal: string; group: string } {
  // Latin digits, which the parser reads
  const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn' }).formatToParts(1234567.8)
  const of = (type: string) => parts.find((part) => part.type === type)?.value
  return { decimal: of('decimal') ?? '.', group: of('group') ?? ' ' }
}
