import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { csvRecord, guardFormula, spreadsheetCsv, standardCsv, toDialect } from '../../src/csv.ts'
import { parseCsv } from './parse-csv.ts'

/** Texts with what matters to CSV in unusual numbers. */
const field = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('"', ',', ';', '\r', '\n', '\t', ' ', "'", '=', 'a', '😀') }),
)

for (const separator of [',', ';'] as const) {
  test(`whatever is written with "${separator}" is read back the same`, () => {
    // a record of one empty field would be an empty line
    const records = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { maxLength: 5 })
    fc.assert(
      fc.property(records, (written) => {
        const text = written.map((fields) => csvRecord(fields, separator)).join('')
        assert.deepEqual(parseCsv(text, separator), written)
      }),
      { numRuns: 1000 },
    )
  })
}

test('records are as in RFC 4180', () => {
  assert.equal(csvRecord(['a', '', 'b c'], ','), 'a,,b c\r\n')
  assert.equal(csvRecord(['say "hi"', 'a,b', 'c;d', 'e\nf'], ','), '"say ""hi""","a,b","c;d","e\nf"\r\n')
})

test('no guarded text starts as a formula does, and others stay as they are', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r'])
    assert.equal(guardFormula(`${start}1+1`), `'${start}1+1`)
  for (const text of ['', 'a=1', ' =1', "'=1", '5', 'Ünïcode', '😀']) assert.equal(guardFormula(text), text)
  fc.assert(fc.property(field, (text) => assert.doesNotMatch(guardFormula(text), /^[=+\-@\t\r]/)))
})

test('spreadsheets get the separators of their locale', () => {
  const dialects = Object.entries({
    de: ';,',
    'de-DE': ';,',
    fr: ';,',
    'pt-BR': ';,',
    en: ',.',
    'en-GB': ',.',
    ja: ',.',
  })
  for (const [locale, expected] of dialects) {
    const { separator, decimalSeparator, byteOrderMark } = spreadsheetCsv(locale) ?? standardCsv
    assert.equal(separator + decimalSeparator, expected, locale)
    assert.equal(byteOrderMark, true)
  }
  for (const unknown of ['', 'xx', 'xx-YY', 'de_DE', 'a', 'deutsch-land', '*'])
    assert.equal(spreadsheetCsv(unknown), undefined, unknown)
})

test('a decimal has the separator of its dialect', () => {
  assert.equal(toDialect('-49.00', spreadsheetCsv('de') ?? standardCsv), '-49,00')
  assert.equal(toDialect('49.00', standardCsv), '49.00')
  assert.equal(toDialect('4900', spreadsheetCsv('de') ?? standardCsv), '4900')
})
