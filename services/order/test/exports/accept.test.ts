import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preferredType } from '../../src/routes/accept.ts'

const offered = ['application/x-ndjson', 'text/csv'] as const
const ndjson = 'application/x-ndjson'
const csv = 'text/csv'

const cases: [accept: string | undefined, expected: string | undefined][] = [
  [undefined, ndjson],
  ['', ndjson],
  ['*/*', ndjson],
  ['text/html,application/xhtml+xml,*/*;q=0.8', ndjson],
  [ndjson, ndjson],
  [csv, csv],
  ['TEXT/CSV', csv],
  ['text/csv; charset=utf-8', csv],
  ['text/csv;header=present;q=0.5', csv],
  ['text/*', csv],
  ['application/*', ndjson],
  [`${csv}, ${ndjson}`, ndjson],
  [`${csv};q=0.9, ${ndjson};q=0.8`, csv],
  [`${ndjson};q=0.001, ${csv};q=0`, ndjson],
  [`${ndjson};q=0, */*`, csv],
  [`${csv};q=0, text/*`, undefined],
  ['text/csv;q=0.5,*/*;q=0.4', csv],
  ['*/*;q=0', undefined],
  ['text/html', undefined],
  ['application/json', undefined],
  // not ranges: they accept nothing
  ['text/csv;q=2', undefined],
  ['text/csv;q=x, application/*;q=0.1', ndjson],
  ['csv', undefined],
  [',,', undefined],
]

for (const [accept, expected] of cases) {
  test(`"${accept}" leads to ${expected}`, () => {
    assert.equal(preferredType(accept, offered), expected)
  })
}
