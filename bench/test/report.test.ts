import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  format,
  latencyTable,
  placingTable,
  report,
  requestTable,
  table,
  targetTable,
} from '../src/report.ts'
import { figure, firstPageOf, type Results, ratio } from '../src/results.ts'
import type { Target } from '../src/targets.ts'

const measurement = (
  round: number,
  subject: string,
  requestsPerSecond: number,
  processMicroseconds?: number,
) => ({
  round,
  scenario: 'first-page' as const,
  subject,
  requestsPerSecond,
  processMicroseconds,
})

const results: Results = {
  subjects: [
    { name: 'service', title: 'order service' },
    { name: 'constant', title: 'constant answer' },
  ],
  measurements: [
    measurement(1, 'service', 1000, 60),
    measurement(2, 'service', 3000, 50),
    measurement(3, 'service', 2000, 70),
    measurement(1, 'constant', 2000),
    measurement(2, 'constant', 12_000),
    measurement(3, 'constant', 5000),
  ],
  latencies: [{ round: 1, subject: 'service', rate: 1000, p50: 1.234, p99: 5.678 }],
  startMs: [300, 600, 400],
  idleMemory: 80,
}

test('a ratio is taken within each round, and then its median', () => {
  assert.deepEqual(ratio(results, firstPageOf('service'), firstPageOf('constant')), {
    median: 0.4,
    min: 0.25,
    max: 0.5,
  })
})

test('there is no figure for something that was not measured', () => {
  assert.equal(ratio(results, firstPageOf('service'), firstPageOf('pgbench')), undefined)
  assert.equal(figure(results, firstPageOf('constant'), 'processMicroseconds'), undefined)
  assert.equal(figure(results, firstPageOf('service'), 'requestsPerSecond')?.median, 2000)
})

test('the table of requests has a row for each measured scenario', () => {
  const lines = requestTable(results).split('\n')
  assert.equal(lines.length, 4)
  assert.match(lines[2] ?? '', /10,000 tokens +2,000 \(1,000–3,000\) +0\.40 \(0\.25–0\.50\) +– +– +60 +–$/)
  assert.match(lines[3] ?? '', /^constant answer +5,000 \(2,000–12,000\) +1\.00 /)
})

test('the table of orders compares subjects within each round, and shows what each order costs', () => {
  const placed = (round: number, subject: string, requestsPerSecond: number) => ({
    ...measurement(round, subject, requestsPerSecond, 150),
    scenario: 'post-with-key' as const,
    p50: 12.34,
    ...(subject === 'service' && { walBytes: 2345.6 }),
  })
  const measurements = [
    placed(1, 'service', 3000),
    placed(2, 'service', 8000),
    placed(1, 'before', 1000),
    placed(2, 'before', 2000),
  ]
  const lines = placingTable({ ...results, measurements }).split('\n')
  assert.equal(lines.length, 4)
  assert.match(lines[2] ?? '', /: order service +5,500 \(3,000–8,000\) +– +12\.3 +150 +– +2346$/)
  assert.match(
    lines[3] ?? '',
    /: the version before +1,500 \(1,000–2,000\) +3\.50 \(3\.00–4\.00\) +12\.3 +150 +– +–$/,
  )
})

test('figures other than rates are compared within each round too', () => {
  const measurements = [
    { ...measurement(1, 'service', 1), p50: 2 },
    { ...measurement(1, 'constant', 1), p50: 4 },
    measurement(2, 'service', 1),
    { ...measurement(2, 'constant', 1), p50: 1 },
  ]
  assert.deepEqual(
    ratio({ ...results, measurements }, firstPageOf('service'), firstPageOf('constant'), 'p50'),
    {
      median: 0.5,
      min: 0.5,
      max: 0.5,
    },
  )
})

test('the table of latencies includes the rate', () => {
  assert.match(latencyTable(results).split('\n')[2] ?? '', /^order service +1,000 +1\.23 +5\.68$/)
})

test('a target is met or missed by the median, or reported as not measured', () => {
  const target = {
    title: 'start',
    digits: 0,
    unit: 'ms',
    measure: () => ({ median: 400, min: 300, max: 600 }),
  }
  const verdict = (target: Target) => targetTable(results, [target]).split('\n')[2] ?? ''
  assert.match(verdict({ ...target, atMost: 400 }), /^start +≤ 400 ms +400 \(300–600\) ms +met$/)
  assert.match(verdict({ ...target, atMost: 399 }), /MISSED$/)
  assert.match(verdict({ ...target, atLeast: 400 }), /≥ 400 ms .* met$/)
  assert.match(verdict({ ...target, atLeast: 401 }), /MISSED$/)
  assert.match(verdict({ ...target, atLeast: 1, measure: () => undefined }), /– +not measured$/)
})

test('the whole report names every target', () => {
  assert.match(report(results, { peers: false }), /first page ÷ constant answer +≥ 0\.3 +0\.40/)
  assert.match(report(results, { peers: true }), /first page ÷ Platformatic DB +≥ 3 +– +not measured/)
})

test('columns are aligned, the first to the left', () => {
  assert.equal(table(['a', 'b'], [['long', '1']]), 'a      b\n────   ─\nlong   1')
})

test('a figure without a spread has no brackets', () => {
  assert.equal(format({ median: 1234.5, min: 1234.5, max: 1234.5 }, 1), '1,234.5')
  assert.equal(format(undefined, 1), '–')
})
