import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startDeletingExpired } from '@shop/service/database/delete-expired'

/** Returns a function that deletes the numbers in `rounds`, call by call, then nothing. */
function fakeDeletion(rounds: (number | Error)[]) {
  const calls: number[] = []
  return {
    calls,
    async deleteExpired(limit: number) {
      calls.push(limit)
      const round = rounds[calls.length - 1] ?? 0
      if (round instanceof Error) throw round
      return round
    },
  }
}

const quiet = { what: 'rows', log: { warn: () => undefined } }

async function untilCalled({ calls }: { calls: number[] }, times: number) {
  for (let waited = 0; calls.length < times; waited++) {
    assert.ok(waited < 1000, `${calls.length} calls`)
    await setTimeout(5)
  }
}

test('a round continues while there are more rows', async (t) => {
  const once = fakeDeletion([1000, 1000, 3])
  t.after(startDeletingExpired(once.deleteExpired, { everyMs: 1000, ...quiet }))
  await untilCalled(once, 3)
  // all in the first round: the next one is a second away
  await setTimeout(50)
  assert.deepEqual(once.calls, [1000, 1000, 1000])
})

test('the first round comes after the wait, not at the start', async (t) => {
  const { calls, deleteExpired } = fakeDeletion([1000, 1000, 3])
  t.after(startDeletingExpired(deleteExpired, { everyMs: 10_000, ...quiet }))
  await setTimeout(20)
  assert.equal(calls.length, 0)
})

test('a failure is logged and followed by another round', async (t) => {
  const { calls, deleteExpired } = fakeDeletion([new Error('the database is away'), 1])
  const lines: unknown[][] = []
  const log = { warn: (...line: unknown[]) => void lines.push(line) }
  t.after(startDeletingExpired(deleteExpired, { everyMs: 5, what: 'sessions', log }))
  await untilCalled({ calls }, 3)
  assert.equal(lines.length, 1)
  assert.match(String(lines[0]?.[1]), /^expired sessions could not be deleted/)
})

test('it can be stopped', async () => {
  const { calls, deleteExpired } = fakeDeletion([])
  const stop = startDeletingExpired(deleteExpired, { everyMs: 5, ...quiet })
  await untilCalled({ calls }, 1)
  stop()
  const { length } = calls
  await setTimeout(50)
  assert.ok(calls.length <= length + 1, 'one may have been in progress')
})
