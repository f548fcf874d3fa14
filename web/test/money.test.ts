import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amountText, formatMoney, parseAmount, toDecimal } from '../src/ground/money.ts'

test('minor units become decimals exactly, up to the largest safe integer', () => {
  assert.deepEqual(
    [toDecimal(4900, 2), toDecimal(5, 2), toDecimal(0, 3), toDecimal(4900, 0), toDecimal(-5, 2)],
    ['49.00', '0.05', '0.000', '4900', '-0.05'],
  )
  assert.equal(toDecimal(Number.MAX_SAFE_INTEGER, 2), '90071992547409.91')
  assert.equal(formatMoney(Number.MAX_SAFE_INTEGER, 'EUR', 2, 'en-GB'), '€90,071,992,547,409.91')
})

test('amounts are written as the locale does, with the decimals of the contract', () => {
  const written = (amount: number, currency: string, digits: number, locale: string) =>
    formatMoney(amount, currency, digits, locale).replace(/[\u00a0\u202f]/g, ' ')
  assert.equal(written(123450, 'EUR', 2, 'de-DE'), '1.234,50 €')
  assert.equal(written(4900, 'JPY', 0, 'ja-JP'), '￥4,900')
  assert.equal(written(4900, 'KWD', 3, 'en-GB'), 'KWD 4.900')
  assert.equal(written(4900, 'HUF', 2, 'hu-HU'), '49,00 Ft')
})

test('what a field shows can be read back', () => {
  for (const [amount, digits] of [
    [8950, 2],
    [4900, 0],
    [1, 3],
    [123456789, 2],
  ] as const) {
    for (const locale of ['en-GB', 'de-DE', 'de-CH', 'fr-FR', 'ja-JP', 'ar-EG'])
      assert.equal(
        parseAmount(amountText(amount, digits, locale), digits, locale),
        amount,
        `${amount} ${locale}`,
      )
  }
})

test('groups are read, and what is no amount is refused', () => {
  assert.equal(parseAmount('1.234,5', 2, 'de-DE'), 123450)
  assert.equal(parseAmount('1,234.5', 2, 'en-GB'), 123450)
  assert.equal(parseAmount('1 234,50', 2, 'fr-FR'), 123450)
  for (const text of ['', '-1', '1.234', 'abc', '1e3', '0x10', '1.2.3', '99999999999999999'])
    assert.equal(parseAmount(text, 2, 'en-GB'), undefined, text)
  assert.equal(parseAmount('49.5', 0, 'en-GB'), undefined)
})
