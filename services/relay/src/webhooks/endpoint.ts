import type { ActiveWebhook, DeliveryChange, Progress, WaitingDelivery } from '../db/webhook-work.ts'
import type { StoredEvent } from '../feed-reader.ts'
import type { Outcome, Sender } from './attempt.ts'
import { attempted, deliveryOf, expired, untried } from './delivery-changes.ts'
import { createEventSource, type EventSourceOptions } from './event-source.ts'
import { createOrderQueues } from './order-queues.ts'
import { askedPauseMs, nextStep } from './schedule.ts'

/** Maximum attempts in progress: first ones, and later ones. */
export const windows = { first: 16, later: 8 }

/** How far it may read beyond the oldest event that is not done: so many may come twice after a crash. */
const maxAhead = 5000
/**
 * With so many deliveries waiting, a receiver that fails gets no further events but one a minute, which shows whether it
 * has recovered.
 */
const maxWaiting = 1000
const probeEveryMs = 60_000

/** How soon its cursor is stored when it has only passed events of other types, in milliseconds. */
const idleStoreMs = 5000

export type Endpoint = ReturnType<typeof createEndpoint>

export type EndpointOptions = Omit<EventSourceOptions, 'onRead'> & {
  sender: Pick<Sender, 'send' | 'close'>
  secrets: readonly string[]
  /** The waits between attempts, in seconds. */
  waits: readonly number[]
  /** The orders of which an event waits in the table, and how many do; of an ordered webhook. */
  waitingOrders: Map<string, number>
  /** Called with every delivery that has to be stored. */
  onChange: (change: DeliveryChange) => void
  /** Called after each attempt. */
  onAttempt: (outcome: Outcome) => void
}

/**
 * Returns one webhook at work. It takes events from the feed and makes their first attempts; what fails is given to
 * `onChange` and comes back by `retry`.
 */
export function createEndpoint(webhook: ActiveWebhook, options: EndpointOptions) {
  const { sender, feed, tail, waits, onChange, onAttempt, onError } = options
  const { id: webhookId } = webhook
  let { secrets } = options
  const source = createEventSource(webhook, { feed, tail, onRead: pump, onError })
  /** Positions that were taken from the feed and are not done, in rising order. */
  const unfinished = new Set<number>()
  const queues = webhook.ordered ? createOrderQueues<StoredEvent>(options.waitingOrders) : undefined
  /** Events of the table with an attempt in progress, or one whose result is not stored. */
  const retried = new Set<string>()
  const inProgress = { first: 0, later: 0 }
  let waiting = webhook.waiting
  let isFailing = false
  let probedAt = Number.NEGATIVE_INFINITY
  let pausedUntil = performance.now() + webhook.pausedMs
  let isStopped = false
  let isClosed = false
  let isGone = false
  let isDirty = false
  let stored = { cursor: webhook.cursor, at: performance.now() }
  let newPauseMs: number | null = null

  const cursor = () => {
    const [first] = unfinished
    return first === undefined ? source.position() : first - 1
  }

  const mayBegin = () => !isStopped && performance.now() >= pausedUntil

  function mayTakeNext(): boolean {
    if (!mayBegin() || inProgress.first >= windows.first) return false
    if (source.position() - cursor() >= maxAhead || (queues && queues.size() >= windows.first * 16))
      return false
    return waiting < maxWaiting || !isFailing || performance.now() - probedAt >= probeEveryMs
  }

  function pump() {
    while (mayTakeNext()) {
      const event = source.next()
      if (!event) return
      probedAt = performance.now()
      unfinished.add(event.position)
      const fate = queues?.admit(event.orderId, event) ?? 'start'
      if (fate === 'start') void attemptFirst(event)
      else if (fate === 'store') storeUntried(event)
    }
  }

  async function attemptFirst(event: StoredEvent) {
    inProgress.first++
    const outcome = await sender.send({ id: event.id, body: event.json }, secrets)
    inProgress.first--
    if (isClosed) return
    const change = changeAfter(deliveryOf(event, webhookId), outcome)
    finish(event, outcome.delivered ? undefined : change)
    if (queues) {
      const { start, store } = queues.release(event.orderId, change.state, { mayStart: mayBegin() })
      if (start) void attemptFirst(start)
      for (const later of store) storeUntried(later)
    }
    pump()
  }

  const storeUntried = (event: StoredEvent) => finish(event, untried(deliveryOf(event, webhookId)))

  function finish({ position }: StoredEvent, change: DeliveryChange | undefined) {
    unfinished.delete(position)
    isDirty = true
    if (!change) return
    if (change.state === 'waiting') waiting++
    onChange(change)
  }

  async function attemptLater(delivery: WaitingDelivery) {
    const { eventId, orderId, isRedelivery } = delivery
    retried.add(eventId)
    inProgress.later++
    try {
      const event = await find(delivery)
      const change = event
        ? changeAfter(delivery, await sender.send({ id: eventId, body: event.json }, secrets))
        : expired(delivery)
      if (isClosed) return
      if (change.state !== 'waiting' && !isRedelivery) queues?.removeWaiting(orderId)
      onChange(change)
    } catch (error) {
      retried.delete(eventId)
      onError(error)
    } finally {
      inProgress.later--
    }
  }

  /** Returns the event of a delivery, or undefined if it is no longer kept. */
  async function find({ position, eventId }: WaitingDelivery): Promise<StoredEvent | undefined> {
    const event = tail.at(position) ?? (await feed.read(position - 1, 1)).events[0]
    return event?.id === eventId ? event : undefined
  }

  function changeAfter(delivery: WaitingDelivery, outcome: Outcome): DeliveryChange {
    onAttempt(outcome)
    isFailing = !outcome.delivered
    const attempt = delivery.attempts + 1
    const next = outcome.delivered ? undefined : nextStep(outcome, { attempt, waits })
    if (next?.action === 'gone') stopForGood()
    const pauseMs = outcome.delivered ? 0 : askedPauseMs(outcome)
    if (pauseMs > 0) pause(pauseMs)
    return attempted(delivery, outcome, next)
  }

  function stopForGood() {
    isStopped = true
    isGone = true
    isDirty = true
  }

  function pause(ms: number) {
    pausedUntil = Math.max(pausedUntil, performance.now() + ms)
    newPauseMs = pausedUntil - performance.now()
    isDirty = true
  }

  return {
    /** Takes as many further events as may be attempted now. */
    pump,

    /** Makes the next attempt of a delivery that is due, unless one is in progress or too many are. */
    retry(delivery: WaitingDelivery) {
      if (!mayBegin() || inProgress.later >= windows.later) return
      if (!retried.has(delivery.eventId)) void attemptLater(delivery)
    },

    /** Called when the result of an attempt that `retry` began is stored. */
    stored: ({ eventId }: WaitingDelivery) => retried.delete(eventId),

    /** Takes over what may change while it works. */
    update(latest: ActiveWebhook, latestSecrets: readonly string[]) {
      secrets = latestSecrets
      source.setTypes(latest.types)
      waiting = latest.waiting
      if (newPauseMs === null) pausedUntil = performance.now() + latest.pausedMs
    },

    /** Returns what has to be stored, if anything has changed since the last call. */
    takeProgress(): Progress | undefined {
      const isDue = cursor() > stored.cursor && performance.now() - stored.at >= idleStoreMs
      if (!isDirty && !isDue) return undefined
      const progress = { webhookId, cursor: cursor(), pauseMs: newPauseMs && Math.round(newPauseMs), isGone }
      stored = { cursor: progress.cursor, at: performance.now() }
      isDirty = false
      newPauseMs = null
      return progress
    },

    /** Called when what `takeProgress` returned could not be stored. */
    markDirty({ pauseMs }: Progress) {
      isDirty = true
      newPauseMs ??= pauseMs
    },

    /** Begins no further attempts. */
    stop() {
      isStopped = true
    },

    /** Returns whether the receiver has asked for nothing more: to go on needs a new endpoint. */
    isGone: () => isGone,

    isIdle: () => inProgress.first + inProgress.later === 0,

    /** Closes the connections. What comes of attempts in progress no longer counts. */
    close() {
      isStopped = true
      isClosed = true
      return sender.close()
    },
  }
}
