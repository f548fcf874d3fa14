import assert from 'node:assert/strict'
import { test } from 'node:test'
import { currencies, formatAmount } from '../src/currencies.ts'
import { createTestApp } from './app.ts'

/** Returns how many decimals ICU shows, which is what is customary and not what ISO 4217 says. */
function digitsOfIcu(code: string) {
  return new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions()
    .maximumFractionDigits
}

test('ICU differs from ISO 4217 for these currencies, and has these older ones', () => {
  const differing = currencies.filter(({ code, minorUnits }) => digitsOfIcu(code) !== minorUnits)
  assert.equal(
    differing.map(({ code }) => code).join(' '),
    'AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR SOS SYP YER',
  )
  const listed = new Set(currencies.map(({ code }) => code))
  const unlisted = Intl.supportedValuesOf('currency').filter((code) => !listed.has(code))
  // withdrawn, or without minor units; a code that ICU adds is probably new in ISO 4217 too
  assert.equal(unlisted.join(' '), 'ANG BGN CUC HRK SLL XDR XSU ZWL')
})

test('each of the 165 codes is there once, in order', () => {
  const codes = currencies.map(({ code }) => code)
  assert.equal(codes.length, 165)
  assert.deepEqual(codes, [...new Set(codes)].sort())
  assert.ok(codes.every((code) => /^[A-Z]{3}$/.test(code)))
})

test('an amount is formatted exactly, with the decimals of its currency', () => {
  const cases: [number, string, string][] = [
    [4900, 'EUR', '49.00'],
    [4900, 'JPY', '4900'],
    [4900, 'KWD', '4.900'],
    [4900, 'CLF', '0.4900'],
    [1, 'UYW', '0.0001'],
    [0, 'EUR', '0.00'],
    [0, 'JPY', '0'],
    [5, 'HUF', '0.05'],
    [-5, 'MGA', '-0.05'],
    [-123, 'MRU', '-1.23'],
    [Number.MAX_SAFE_INTEGER, 'EUR', '90071992547409.91'],
    [Number.MAX_SAFE_INTEGER, 'CLF', '900719925474.0991'],
  ]
  for (const [minor, currency, expected] of cases) assert.equal(formatAmount(minor, currency), expected)
})

test('the amount of an unknown currency is not guessed, and one that is not exact is refused', () => {
  for (const code of ['BGN', 'XAU', 'XXX', 'eur', '']) assert.equal(formatAmount(100, code), undefined)
  for (const bad of [0.5, Number.NaN, 2 ** 53]) assert.throws(() => formatAmount(bad, 'EUR'), RangeError)
})

test('GET /currencies is public and can be cached for a day', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const response = await context.app.inject('/currencies')
  assert.equal(response.statusCode, 200)
  assert.equal(response.headers['cache-control'], 'public, max-age=86400')
  assert.deepEqual(response.json(), { data: currencies })
})
