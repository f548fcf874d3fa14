import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextStep, retryWaits } from '../../src/webhooks/schedule.ts'

const setting = retryWaits('WAITS', { meaning: '' })
const waits = setting.parse(setting.default as string) as number[]
const failure = { delivered: false as const, reason: 'status' as const, status: 500, durationMs: 1 }

test('ten attempts within a little more than three days, then the message is parked', () => {
  const seconds = []
  for (let attempt = 1; ; attempt++) {
    const next = nextStep(failure, { attempt, waits }, () => 0.5)
    if (next.action !== 'retry') {
      assert.deepEqual([attempt, next.action], [10, 'parked'])
      break
    }
    seconds.push(next.afterMs / 1000)
  }
  assert.deepEqual(seconds, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400])
})

test('each wait varies by a tenth at most', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const next = nextStep(failure, { attempt, waits }, () => random)
        const wait = (waits[attempt - 1] as number) * 1000
        assert.ok(next.action === 'retry' && next.afterMs >= wait * 0.9 && next.afterMs <= wait * 1.1)
      },
    ),
  )
  assert.notDeepEqual(
    nextStep(failure, { attempt: 1, waits }, () => 0),
    nextStep(failure, { attempt: 1, waits }, () => 1),
  )
})

test('no attempt before what Retry-After asks for, nor more than a tenth after 24 hours', () => {
  const hours = (next: ReturnType<typeof nextStep>) =>
    next.action === 'retry' ? next.afterMs / 3_600_000 : 0
  for (const random of [0, 1]) {
    const asked = (retryAfterSeconds: number) =>
      hours(nextStep({ ...failure, status: 429, retryAfterSeconds }, { attempt: 1, waits }, () => random))
    assert.ok(asked(3600) >= 1 && asked(3600) <= 1.1)
    assert.ok(asked(7 * 86_400) >= 24 && asked(7 * 86_400) <= 26.4)
    assert.ok(asked(1) < 0.01 && asked(1) > 0)
  }
})

test('410 asks for nothing more, at any attempt', () => {
  for (const attempt of [1, 10])
    assert.deepEqual(nextStep({ ...failure, status: 410 }, { attempt, waits }), { action: 'gone' })
})

test('the setting takes from 1 to 20 waits of up to a day', () => {
  assert.deepEqual(setting.parse('1, 2,86400'), [1, 2, 86_400])
  for (const text of ['', '0', '5,', '-1', '86401', '1.5', 'x', Array.from({ length: 21 }, () => 1).join()])
    assert.equal(setting.parse(text), undefined, text)
})
