/** How a file separates values and writes decimals. */
export type CsvDialect = { separator: ',' | ';'; decimalSeparator: string; byteOrderMark: boolean }

/** RFC 4180, with a point in decimals. */
export const standardCsv: CsvDialect = { separator: ',', decimalSeparator: '.', byteOrderMark: false }

/**
 * Returns the dialect that spreadsheet programs with this locale (BCP 47) open correctly by a double-click, or undefined
 * for a locale that Intl does not know: its numbers would be written as in the locale of this process.
 */
export function spreadsheetCsv(locale: string): CsvDialect | undefined {
  if (!isKnownLocale(locale)) return undefined
  const parts = new Intl.NumberFormat(locale).formatToParts(0.5)
  const decimalSeparator = parts.find(({ type }) => type === 'decimal')?.value ?? '.'
  return { separator: decimalSeparator === ',' ? ';' : ',', decimalSeparator, byteOrderMark: true }
}

function isKnownLocale(locale: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale).length > 0
  } catch {
    // not a well-formed language tag
    return false
  }
}

/** Returns a record of RFC 4180, with its line break. */
export function csvRecord(fields: readonly string[], separator: CsvDialect['separator']): string {
  return `${fields.map(quoteIfNeeded).join(separator)}\r\n`
}

/** Fields with either separator are quoted, because programs guess which one a file has. */
const quoteIfNeeded = (field: string) =>
  /[",;\t\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field

/**
 * Returns a text that no spreadsheet program takes for a formula: a customer's text could otherwise run one on an
 * operator's computer. Only for texts: an apostrophe would make a text of the number -5.
 */
export const guardFormula = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)

/** Returns a decimal with a point as the dialect writes it. */
export const toDialect = (decimal: string, { decimalSeparator }: CsvDialect) =>
  decimal.replace('.', decimalSeparator)
