import type { Context } from '@opentelemetry/api'
import { ServiceUnavailableError } from './errors.ts'
import { activeContext, traceBatch } from './tracing.ts'

/** Limits of a batcher; items above `maxWeight` alone go alone. */
export type BatchLimits<Item> = {
  /** What a batch is called in traces; `batch` when absent. */
  name?: string
  /** Called with the number of items of each batch. */
  onBatch?: ((size: number) => void) | undefined
  /** Items in a batch. */
  maxSize: number
  /** The sum of the items' weights in a batch. */
  maxWeight?: number
  weightOf?: (item: Item) => number
  /** Batches under way at the same time. */
  maxInFlight: number
  /** Items that wait for a batch; further ones are refused. */
  maxWaiting: number
  /** How long an item waits for its batch, in milliseconds; when a batch starts, those that waited longer are refused. */
  maxWaitMs?: number
  /** Returns the error for those; `overloaded` when absent. */
  tooLate?: () => Error
  /** Items in one batch have the same group. */
  groupOf?: (item: Item) => string
}

type Waiting<Item, Result> = {
  item: Item
  /** When it came, in milliseconds of performance.now(). */
  since: number
  /** On whose behalf it came, for the trace. */
  context: Context
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Returns a function that has an item done together with others: what comes while `maxInFlight` batches are under way
 * forms the next one. Nothing waits for a timer, so an item that comes alone goes alone, at the end of the turn of the event
 * loop; batches grow only when there is something to wait for. (PostgreSQL's group commit and Nagle's algorithm are of
 * this kind.)
 *
 * `run` returns an outcome for each item, in their order; an Error is the failure of that item alone. If `run` throws, all
 * items of the batch fail with its error. The returned function throws ServiceUnavailableError `overloaded` beyond
 * `maxWaiting`, and `tooLate` after `maxWaitMs`.
 */
export function createBatcher<Item, Result>(
  run: (items: Item[]) => Promise<(Result | Error)[]>,
  limits: BatchLimits<Item>,
): (item: Item) => Promise<Result> {
  const {
    name = 'batch',
    onBatch,
    maxInFlight,
    maxWaiting,
    maxWaitMs = Number.POSITIVE_INFINITY,
    tooLate = overloaded,
  } = limits
  let waiting: Waiting<Item, Result>[] = []
  let inFlight = 0
  let isScheduled = false

  function start() {
    isScheduled = false
    refuseLate()
    while (inFlight < maxInFlight && waiting.length > 0) {
      const { taken, left } = takeBatch(waiting, limits)
      waiting = left
      inFlight++
      void runBatch(taken)
    }
  }

  /** Those that came first are at the front. */
  function refuseLate() {
    const latest = performance.now() - maxWaitMs
    const inTime = waiting.findIndex(({ since }) => since >= latest)
    for (const { reject } of waiting.splice(0, inTime < 0 ? waiting.length : inTime)) reject(tooLate())
  }

  async function runBatch(batch: Waiting<Item, Result>[]) {
    onBatch?.(batch.length)
    try {
      const outcomes = await traceBatch(
        name,
        batch.map(({ context }) => context),
        () => run(batch.map(({ item }) => item)),
      )
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index] as Result | Error
        if (outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      inFlight--
      schedule()
    }
  }

  /** Starts at the end of this turn of the event loop, so that all that comes in it goes together. */
  function schedule() {
    if (isScheduled || inFlight >= maxInFlight || waiting.length === 0) return
    isScheduled = true
    setImmediate(start)
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= maxWaiting) {
        reject(overloaded())
        return
      }
      waiting.push({ item, since: performance.now(), context: activeContext(), resolve, reject })
      schedule()
    })
}

const overloaded = () => new ServiceUnavailableError('overloaded', 'Too many requests are in progress.')

/** Splits what waits into the next batch, which begins with the first item, and the rest. */
function takeBatch<Item, Result>(
  waiting: Waiting<Item, Result>[],
  {
    maxSize,
    maxWeight = Number.POSITIVE_INFINITY,
    weightOf = () => 1,
    groupOf = () => '',
  }: BatchLimits<Item>,
) {
  const taken: Waiting<Item, Result>[] = []
  const left: Waiting<Item, Result>[] = []
  let weight = 0
  let isFull = false
  for (const each of waiting) {
    const [first = each] = taken
    if (isFull || groupOf(each.item) !== groupOf(first.item)) {
      left.push(each)
      continue
    }
    weight += weightOf(each.item)
    isFull = taken.length > 0 && (taken.length === maxSize || weight > maxWeight)
    if (isFull) left.push(each)
    else taken.push(each)
  }
  return { taken, left }
}
