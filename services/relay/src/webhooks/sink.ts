import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Lease } from '../db/lease-repository.ts'
import type { ActiveWebhook, DeliveryChange, WaitingDelivery, WebhookWork } from '../db/webhook-work.ts'
import type { FeedReader } from '../feed-reader.ts'
import type { Sink } from '../sinks.ts'
import { createSender, type Outcome } from './attempt.ts'
import { createEndpoint, type Endpoint, windows } from './endpoint.ts'
import type { SecretBox } from './secret-box.ts'
import { createTail } from './tail.ts'
import type { TargetPolicy } from './target.ts'

/** How often it looks for changed webhooks and due deliveries, in milliseconds. */
const refreshEveryMs = 1000
/** How soon after an attempt its result is stored, with those of others, in milliseconds. */
const storeAfterMs = 200
/** How long attempts in progress may take when it has to end, in milliseconds: shorter than the lease. */
const endingMs = 2000
const afterFailureMs = 500

export type WebhookSinkOptions = {
  work: WebhookWork
  /** Undefined while no key is configured. */
  secretBox: SecretBox | undefined
  policy: TargetPolicy
  /** The waits between attempts, in seconds. */
  waits: readonly number[]
  log: Pick<Logger, 'warn' | 'error'>
  onAttempt: (outcome: Outcome) => void
}

/** The kind of webhook that an endpoint was made for; another one needs a new endpoint. */
const kindOf = ({ url, ordered }: ActiveWebhook) => `${ordered} ${url}`

type Running = { endpoint: Endpoint; kind: string }

/** Returns the sink that sends events to webhooks. Each goes on after its own cursor and holds up no other. */
export function createWebhookSink(options: WebhookSinkOptions): Sink {
  return {
    name: 'webhooks',
    async run(feed, signal, lease) {
      const ended = new AbortController()
      const either = AbortSignal.any([signal, ended.signal])
      const run = createRun(feed, lease, options)
      either.addEventListener('abort', run.wake, { once: true })
      const loops = [
        repeat(run.refresh, { everyMs: refreshEveryMs, signal: either }, options),
        repeat(() => run.store(either), { everyMs: 0, signal: either }, options),
        repeat(() => run.follow(either), { everyMs: 0, signal: either }, options),
      ]
      try {
        // rejects when the lease is gone
        await Promise.all(loops)
      } finally {
        ended.abort()
        await Promise.allSettled(loops)
        await run.end()
      }
    },
  }
}

/** The lease has gone to another process: nothing that follows would be stored. */
class LeaseGoneError extends Error {
  override readonly name = 'LeaseGoneError'
}

/** Repeats `work` until `signal` is aborted. Throws only LeaseGoneError. */
async function repeat(
  work: () => Promise<void>,
  { everyMs, signal }: { everyMs: number; signal: AbortSignal },
  { log }: Pick<WebhookSinkOptions, 'log'>,
): Promise<void> {
  while (!signal.aborted) {
    let pauseMs = everyMs
    try {
      await work()
    } catch (error) {
      if (error instanceof LeaseGoneError) throw error
      if (!signal.aborted) log.warn({ err: error }, 'webhooks are held up and tried again')
      pauseMs = Math.max(everyMs, afterFailureMs)
    }
    if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

function createRun(feed: FeedReader, lease: Lease, options: WebhookSinkOptions) {
  const { work, log } = options
  const running = new Map<string, Running>()
  const tail = createTail(feed, 0)
  let isFollowing = false
  /** By webhook and event, because one statement may change a row only once. */
  let changes = new Map<string, DeliveryChange>()
  const reported = new Set<string>()
  let attempted = Promise.withResolvers<void>()

  const addChange = (change: DeliveryChange) => changes.set(`${change.webhookId} ${change.eventId}`, change)

  const onError = (error: unknown) => log.warn({ err: error }, 'events of a webhook could not be read')

  /** Returns the secrets, or undefined if they cannot be opened; that is logged once. */
  function openSecrets({ id, secrets }: ActiveWebhook): string[] | undefined {
    try {
      if (!options.secretBox) throw new Error('WEBHOOK_ENCRYPTION_KEY is not set.')
      const { open } = options.secretBox
      const opened = secrets.map((sealed) => open(sealed, id))
      reported.delete(id)
      return opened
    } catch (error) {
      if (!reported.has(id))
        log.error({ err: error, webhook: id }, 'nothing is sent: the secret cannot be read')
      reported.add(id)
      return undefined
    }
  }

  async function open(webhook: ActiveWebhook, secrets: string[]) {
    const waitingOrders = webhook.ordered ? await work.findWaitingOrders(webhook.id) : new Map()
    const sender = createSender(webhook.url, {
      policy: options.policy,
      connections: windows.first + windows.later,
    })
    const endpoint = createEndpoint(webhook, {
      sender,
      secrets,
      feed,
      tail,
      waits: options.waits,
      waitingOrders,
      onChange: addChange,
      onAttempt(outcome) {
        attempted.resolve()
        options.onAttempt(outcome)
      },
      onError,
    })
    running.set(webhook.id, { endpoint, kind: kindOf(webhook) })
  }

  async function close(id: string, { endpoint }: Running) {
    await endpoint.close()
    await storeChanges()
    running.delete(id)
  }

  const findDue = async () => (running.size > 0 ? work.findDue() : [])

  function dispatch(due: WaitingDelivery[]) {
    for (const delivery of due) running.get(delivery.webhookId)?.endpoint.retry(delivery)
  }

  async function refresh() {
    // what has changed without an attempt
    await storeChanges()
    const [webhooks, due] = await Promise.all([work.findActive(), findDue()])
    const active = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
    for (const [id, one] of running) {
      const webhook = active.get(id)
      if (webhook && kindOf(webhook) === one.kind && !one.endpoint.isGone()) continue
      await close(id, one)
      // its cursor was read before the last progress was stored: it is opened the next time
      active.delete(id)
    }
    for (const [id, webhook] of active) {
      const secrets = openSecrets(webhook)
      if (!secrets) continue
      const one = running.get(id)
      if (one) one.endpoint.update(webhook, secrets)
      else await open(webhook, secrets)
    }
    dispatch(due)
    for (const { endpoint } of running.values()) endpoint.pump()
  }

  let last: Promise<void> = Promise.resolve()

  /**
   * Does one thing after the other: a cursor must not be stored before the deliveries that it has passed, and what was
   * read before something was stored must not be taken for the latest.
   */
  function inTurn(step: () => Promise<void>): Promise<void> {
    const next = last.then(step)
    last = next.catch(() => undefined)
    return next
  }

  async function storeChanges() {
    const progress = [...running.values()].flatMap(({ endpoint }) => endpoint.takeProgress() ?? [])
    const stored = changes
    if (progress.length === 0 && stored.size === 0) return
    changes = new Map()
    try {
      if (!(await work.store(lease, progress, [...stored.values()]))) throw new LeaseGoneError()
    } catch (error) {
      for (const one of progress) running.get(one.webhookId)?.endpoint.markDirty(one)
      changes = new Map([...stored, ...changes])
      throw error
    }
    for (const change of stored.values()) running.get(change.webhookId)?.endpoint.stored(change)
    // what waited for these may be due
    if (stored.size > 0) dispatch(await findDue())
  }

  return {
    refresh: () => inTurn(refresh),

    /** Waits for an attempt or for `wake`, and stores what has happened since the last call. */
    async store(signal: AbortSignal) {
      await attempted.promise
      attempted = Promise.withResolvers()
      await setTimeout(storeAfterMs, undefined, { signal }).catch(() => undefined)
      await inTurn(storeChanges)
    },

    wake: () => attempted.resolve(),

    async follow(signal: AbortSignal) {
      if (running.size === 0) {
        // without webhooks nobody needs the feed
        isFollowing = false
        await setTimeout(refreshEveryMs, undefined, { signal }).catch(() => undefined)
        return
      }
      if (!isFollowing) tail.restart((await feed.readState()).head)
      isFollowing = true
      await tail.grow(signal)
      for (const { endpoint } of running.values()) endpoint.pump()
    },

    /** Gives attempts in progress a moment, stores their results if the lease is still there, and closes everything. */
    async end() {
      const endpoints = [...running.values()].map(({ endpoint }) => endpoint)
      for (const endpoint of endpoints) endpoint.stop()
      const latest = performance.now() + endingMs
      while (performance.now() < latest && !endpoints.every((endpoint) => endpoint.isIdle()))
        await setTimeout(20)
      await inTurn(storeChanges).catch(() => undefined)
      await Promise.all(endpoints.map((endpoint) => endpoint.close()))
    },
  }
}
