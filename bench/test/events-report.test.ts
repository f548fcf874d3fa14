import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportEvents } from '../src/events/benchmark.ts'

const atWork = { positions: 900, arrivals: 890, relayMicroseconds: 150, backendMicroseconds: 45 }
const frozen = { positions: 0, arrivals: 0, relayMicroseconds: Number.NaN, backendMicroseconds: Number.NaN }

test('the report has the ratio of each round, and the slowest of the ways of a backlog', () => {
  const text = reportEvents({
    idle: [{ title: 'relay without webhooks', process: 0.671, backends: 0.4 }],
    delays: [{ title: 'position in the feed', events: 40, p50: 29.8, p99: 58, max: 58 }],
    slices: [
      { mode: 'frozen', orders: 2000, ...frozen },
      { mode: 'at work', orders: 1900, ...atWork },
      { mode: 'at work', orders: 900, ...atWork },
      { mode: 'frozen', orders: 1000, ...frozen },
    ],
    drains: [
      { events: 5000, feed: 17_000, webhook: 3000, broker: 2500 },
      { events: 5000, feed: 18_000, webhook: 2000, broker: 7000 },
    ],
  })
  const rows = text.split('\n').map((line) => line.trim().split(/ {3,}/))
  const rowOf = (title: string) => rows.find(([first]) => first === title)?.slice(1)
  assert.deepEqual(rowOf('relay without webhooks'), ['0.67', '0.40'])
  assert.deepEqual(rowOf('position in the feed'), ['40', '29.8', '58.0', '58.0'])
  assert.deepEqual(rowOf('the relay and one webhook are at work')?.slice(0, 3), [
    '1,400 (900–1,900)',
    '0.93 (0.90–0.95)',
    '900',
  ])
  assert.deepEqual(rowOf('all of them'), ['2,250 (2,000–2,500)'])
})

test('without a broker the others count', () => {
  const text = reportEvents({
    idle: [],
    delays: [],
    slices: [],
    drains: [{ events: 5000, feed: 17_000, webhook: 3000, broker: undefined }],
  })
  assert.match(text, /NATS JetStream +–/)
  assert.match(text, /all of them +3,000/)
})
