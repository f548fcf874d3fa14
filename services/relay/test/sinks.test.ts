import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeedReader } from '../src/feed-reader.ts'
import { runSinks, type Sink } from '../src/sinks.ts'

const feed = {} as FeedReader
const lease = { token: '1', holder: 'me' }

test('sinks run side by side until the lease ends, and one that fails runs again', async () => {
  const ending = new AbortController()
  const runs: string[] = []
  const lines: unknown[] = []
  const failing: Sink = {
    name: 'failing',
    run: async () => {
      runs.push('failing')
      if (runs.filter((name) => name === 'failing').length === 2) ending.abort()
      throw new Error('no')
    },
  }
  const steady: Sink = {
    name: 'steady',
    run: (given, signal, held) => {
      runs.push('steady')
      assert.deepEqual([given, held], [feed, lease])
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  }
  const log = { error: (line: unknown) => void lines.push(line) }
  await runSinks([failing, steady], { feed, signal: ending.signal, lease, log: log as never })
  assert.deepEqual(runs, ['failing', 'steady', 'failing'])
  assert.equal(lines.length, 1)
})
