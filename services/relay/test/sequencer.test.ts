import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { EventMover, Move } from '../src/db/event-mover.ts'
import type { Lease } from '../src/db/lease-repository.ts'
import { runSequencer } from '../src/sequencer.ts'

const lease: Lease = { token: '1', holder: 'me' }
const nothing: Move = {
  moved: 0,
  head: 0,
  isFull: false,
  isRefused: false,
  startedAt: '2026-01-01 00:00:00+00',
}

/** Runs a sequencer on a mover whose answers a test decides; `skip` moves its clock on. */
function start(
  t: { after: (work: () => void) => void },
  firstMove: () => Promise<Move> = async () => nothing,
) {
  const clock = performance.now.bind(performance)
  let skipped = 0
  mock.method(performance, 'now', () => clock() + skipped)
  const ending = new AbortController()
  const calls: string[] = []
  const refused: Lease[] = []
  const counts: [count: number, head: number][] = []
  const answers = {
    async waitForEvent() {
      await setTimeout(20)
      return false
    },
    move: firstMove,
  }
  const mover: EventMover = {
    waitForEvent: (since) => {
      calls.push(`wait since ${since}`)
      return answers.waitForEvent()
    },
    move: (_lease, since) => {
      calls.push(`move since ${since}`)
      return answers.move()
    },
  }
  const running = runSequencer(lease, ending.signal, {
    mover,
    log: { warn: () => undefined },
    onMoved: ({ count, head }) => counts.push([count, head]),
    onRefused: (held) => refused.push(held),
  })
  t.after(() => {
    ending.abort()
    mock.restoreAll()
  })
  /** Resolves when there were so many calls. */
  async function untilCalls(count: number) {
    for (const deadline = Date.now() + 10_000; calls.length < count; await setTimeout(5))
      assert.ok(Date.now() < deadline, `${calls}`)
    return calls.slice(0, count)
  }
  const skip = (ms: number) => {
    skipped += ms
  }
  return { answers, calls, refused, counts, running, untilCalls, skip, end: () => ending.abort() }
}

const complete = 'move since undefined'
const wait = `wait since ${nothing.startedAt}`
const move = `move since ${nothing.startedAt}`

test('the first look is complete, then quick ones wait for an event, and after five seconds one is complete', async (t) => {
  const { calls, untilCalls, skip } = start(t)
  assert.deepEqual(await untilCalls(4), [complete, wait, wait, wait])
  skip(5000)
  calls.length = 0
  const later = await untilCalls(3)
  assert.equal(later.filter((call) => call === complete).length, 1)
})

test('events that are found are moved, until none are left', async (t) => {
  const { answers, calls, counts, untilCalls } = start(t)
  await untilCalls(2)
  answers.waitForEvent = async () => true
  const moves = [500, 500, 20]
  let head = 7
  answers.move = async () => {
    const moved = moves.shift() ?? 0
    head += moved
    return { ...nothing, moved, head, isFull: moved === 500 }
  }
  calls.length = 0
  assert.deepEqual(await untilCalls(7), [wait, move, wait, move, wait, move, wait])
  assert.deepEqual(counts, [
    [500, 507],
    [500, 1007],
    [20, 1027],
  ])
})

test('while a complete look is full, the next one is complete too', async (t) => {
  let looks = 0
  const { untilCalls } = start(t, async () => ({ ...nothing, moved: 500, isFull: ++looks < 4 }))
  assert.deepEqual(await untilCalls(5), [complete, complete, complete, complete, wait])
})

test('it ends when a statement was refused, and when the lease ends', async (t) => {
  const first = start(t)
  first.answers.move = async () => ({ ...nothing, isRefused: true })
  first.skip(5000)
  await first.running
  assert.deepEqual(first.refused, [lease])
  const second = start(t)
  await second.untilCalls(2)
  second.end()
  await second.running
  assert.deepEqual(second.refused, [])
})

test('it goes on after a failure', async (t) => {
  let looks = 0
  const { untilCalls } = start(t, async () => {
    if (++looks === 1) throw new Error('no database')
    return nothing
  })
  assert.deepEqual(await untilCalls(3), [complete, complete, wait])
})
