import { setTimeout } from 'node:timers/promises'
import { defaultRoleName } from '@shop/database/services'
import { startNats, withoutNats } from '@shop/tests/kit/nats'
import type { Options } from '../options.ts'
import type { Progress } from '../progress.ts'
import { format, table } from '../report.ts'
import { rotate } from '../rounds.ts'
import { spread } from '../statistics.ts'
import { type Delays, measureDelays } from './delays.ts'
import { type Idle, measureIdle } from './idle.ts'
import { startEventsShop } from './shop.ts'
import { type Drain, measureDrain, measureSlice, modes, type Slice } from './throughput.ts'

export type EventsResults = { idle: Idle[]; delays: Delays[]; slices: Slice[]; drains: Drain[] }

/** Measures what the relay costs, and how fast it is. Stops everything, also when `signal` is aborted. */
export async function runEventsBenchmark(
  options: Options,
  { signal, progress }: { signal: AbortSignal; progress: Progress },
): Promise<EventsResults> {
  await using cleanup = new AsyncDisposableStack()
  const { rounds, seconds, quick } = options
  const shop = await startEventsShop({ cleanup, signal, progress })
  const nats = withoutNats
    ? undefined
    : await startNats({ after: (work) => cleanup.defer(async () => void (await work())) })
  if (withoutNats) progress.line(`NOT MEASURED: the broker; ${withoutNats}`)

  const relay = await shop.neighbourhood.startRelay()
  const role = defaultRoleName({ name: 'relay' })
  const services = (title: string) => [
    { title: `relay ${title}`, subject: relay, role },
    { title: `order service ${title}`, subject: shop.service, role: defaultRoleName({ name: 'order' }) },
  ]
  const idleSeconds = quick ? 5 : 15
  const idle: Idle[] = []
  // until the lease is taken and code that runs once has run
  await setTimeout(5000, undefined, { signal })
  idle.push(...(await measureIdle(shop, services('without webhooks'), idleSeconds)))
  await shop.addWebhook(relay)
  await setTimeout(2000, undefined, { signal })
  idle.push(...(await measureIdle(shop, services('with one webhook'), idleSeconds)))
  progress.line('idle: measured')

  const delays: Delays[] = []
  for (const { everyMs, seconds } of quick ? quickRates : rates) {
    delays.push(...(await measureDelays(shop, { everyMs, seconds })))
    progress.line(`delays of an order every ${everyMs} ms: measured`)
  }

  const slices: Slice[] = []
  for (let round = 0; round < rounds; round++)
    for (const mode of rotate([...modes], round))
      slices.push(await measureSlice(shop, { subject: relay, role }, { mode, seconds }))
  progress.line('placing with the relay and without: measured')

  await relay.process.stop()
  const drains: Drain[] = []
  for (let round = 0; round < Math.min(rounds, 3); round++)
    drains.push(await measureDrain(shop, { seconds: seconds * 2, brokerUrl: nats?.url }))
  return { idle, delays, slices, drains }
}

const rates = [
  { everyMs: 1500, seconds: 60 },
  { everyMs: 30, seconds: 6 },
  { everyMs: 5, seconds: 6 },
]
const quickRates = rates.map(({ everyMs }) => ({ everyMs, seconds: everyMs > 1000 ? 6 : 2 }))

const modeTitles = {
  frozen: 'the relay is frozen',
  'at work': 'the relay and one webhook are at work',
}

/** Returns all measurements as tables for people. */
export function reportEvents({ idle, delays, slices, drains }: EventsResults): string {
  const of = <Item>(items: Item[], value: (item: Item) => number, digits = 0) =>
    format(spread(items.map(value)), digits)
  return [
    table(
      ['nothing happens', 'process, % of a core', 'its backends, %'],
      idle.map(({ title, process, backends }) => [title, process.toFixed(2), backends.toFixed(2)]),
    ),
    table(
      ["from an event's time", 'events', 'p50 ms', 'p99 ms', 'max ms'],
      delays.map(({ title, events, p50, p99, max }) => [
        title,
        String(events),
        ...[p50, p99, max].map((ms) => ms.toFixed(1)),
      ]),
    ),
    table(
      [
        'placing orders, 48 connections',
        'orders/s',
        '÷ frozen',
        'positions/s',
        'arrivals/s',
        'relay µs',
        'backends µs',
      ],
      modes.map((mode) => {
        const ofMode = slices.filter((slice) => slice.mode === mode)
        const frozen = slices.filter((slice) => slice.mode === 'frozen')
        const ratios = ofMode.map(({ orders }, round) => orders / (frozen[round]?.orders ?? Number.NaN))
        const figures = (['positions', 'arrivals', 'relayMicroseconds', 'backendMicroseconds'] as const).map(
          (field) => of(ofMode, (slice) => slice[field]),
        )
        return [
          modeTitles[mode],
          of(ofMode, ({ orders }) => orders),
          ...(mode === 'frozen' ? ['–', '–', '–', '–', '–'] : [format(spread(ratios), 2), ...figures]),
        ]
      }),
    ),
    table(
      ['a backlog, sent everywhere at the same time', 'events a second'],
      [
        ['(how many events it had)', of(drains, ({ events }) => events)],
        ['positions in the feed', of(drains, ({ feed }) => feed)],
        ['one webhook', of(drains, ({ webhook }) => webhook)],
        ['NATS JetStream', format(spread(drains.flatMap(({ broker }) => broker ?? [])), 0)],
        ['all of them', of(drains, ({ feed, webhook, broker }) => Math.min(feed, webhook, broker ?? feed))],
      ],
    ),
  ].join('\n\n')
}
