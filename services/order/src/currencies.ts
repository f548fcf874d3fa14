/**
 * Minor units by ISO 4217, list one as of 2026-01-01 (https://www.six-group.com/en/products-services/financial-information/data-standards.html).
 * Funds with minor units are included (CLF, UYW …). Codes for which ISO 4217 gives none are left out, because nothing is
 * priced in them: precious metals, XDR, XSU, XUA, bond units, XTS and XXX.
 */
const codesByMinorUnits: Record<number, string> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
    COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
}

/** The currencies of the contract, by code. */
export const currencies: readonly { code: string; minorUnits: number }[] = Object.entries(codesByMinorUnits)
  .flatMap(([minorUnits, codes]) =>
    codes.split(/\s+/).map((code) => ({ code, minorUnits: Number(minorUnits) })),
  )
  .sort((one, other) => (one.code < other.code ? -1 : 1))

const minorUnitsOf = new Map(currencies.map(({ code, minorUnits }) => [code, minorUnits]))

/**
 * Returns an amount in minor units as a decimal with a point, such as `49.00` for 4900 EUR and `4900` for 4900 JPY.
 * Returns undefined for a code that is not in `currencies`, whose minor units are not known. Throws RangeError for a
 * number that is not an exact integer.
 */
export function formatAmount(minor: number, currency: string): string | undefined {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`${minor} is not an exact integer`)
  const minorUnits = minorUnitsOf.get(currency)
  if (minorUnits === undefined) return undefined
  const digits = String(Math.abs(minor)).padStart(minorUnits + 1, '0')
  const sign = minor < 0 ? '-' : ''
  if (minorUnits === 0) return sign + digits
  return `${sign}${digits.slice(0, -minorUnits)}.${digits.slice(-minorUnits)}`
}
