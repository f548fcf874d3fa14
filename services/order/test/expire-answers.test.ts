import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createLogger } from '@shop/service/logger'
import { startExpiringAnswers } from '../src/expire-answers.ts'

/** Returns a repository that deletes the numbers in `rounds`, call by call, then nothing. */
function fakeAnswers(rounds: (number | Error)[]) {
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

const log = createLogger({ name: 'test', level: 'silent' })

async function untilCalled(answers: { calls: number[] }, times: number) {
  for (let waited = 0; answers.calls.length < times; waited++) {
    assert.ok(waited < 1000, `${answers.calls.length} calls`)
    await setTimeout(5)
  }
}

test('a round continues while there are more answers', async (t) => {
  const answers = fakeAnswers([1000, 1000, 3])
  const stop = startExpiringAnswers(answers, { everyMs: 10_000, log })
  t.after(stop)
  await setTimeout(20)
  assert.equal(answers.calls.length, 0)
  stop()

  const frequent = fakeAnswers([1000, 1000, 3])
  const stopFrequent = startExpiringAnswers(frequent, { everyMs: 5, log })
  await untilCalled(frequent, 3)
  stopFrequent()
})

test('a failure is followed by another round', async (t) => {
  const answers = fakeAnswers([new Error('the database is away'), 1])
  t.after(startExpiringAnswers(answers, { everyMs: 5, log }))
  await untilCalled(answers, 3)
})

test('it can be stopped', async () => {
  const answers = fakeAnswers([])
  const stop = startExpiringAnswers(answers, { everyMs: 5, log })
  await untilCalled(answers, 1)
  stop()
  const { length } = answers.calls
  await setTimeout(50)
  assert.ok(answers.calls.length <= length + 1, 'one may have been in progress')
})
