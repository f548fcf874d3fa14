import type { OperatorOrder } from '@shop/client'
import type { ComponentChildren } from 'preact'
import { Time } from '../../ground/times.tsx'
import { useNames } from '../shop.ts'
import { rich, t } from '../texts/index.ts'
import { addressLines } from './facts.tsx'

type Event = OperatorOrder['history'][number]

type Props = { events: Event[]; money: (amount: number) => string }

/** What has happened to an order, newest first, with who did it. */
export function History({ events, money }: Props) {
  const names = useNames(events.flatMap(({ actor }) => (actor.id ? [actor.id] : [])))
  return (
    <ol class="history">
      {events.toReversed().map((event) => (
        <li key={event.version}>
          <p>
            <b>{t(`event.${event.type}`)}</b>{' '}
            {event.amount === null || event.type === 'placed' ? null : (
              <bdi class="amount">{money(event.amount)}</bdi>
            )}{' '}
            <span class="muted">{rich('event.by', { who: <bdi>{whoOf(event, names)}</bdi> })}</span>
          </p>
          <Details event={event} />
          <Time at={event.at} inline />
        </li>
      ))}
    </ol>
  )
}

function whoOf({ actor }: Event, names: ReadonlyMap<string, string | null>): string {
  const name = actor.id ? names.get(actor.id) : undefined
  return (
    name ??
    t(
      actor.role === 'customer'
        ? 'event.customer'
        : actor.role === 'admin'
          ? 'event.operator'
          : 'event.system',
    )
  )
}

/** Shows what an event has recorded: texts of people, which are never read as anything but text. */
function Details({ event }: { event: Event }) {
  const data = event.data as Record<string, unknown>
  const lines: ComponentChildren[] = []
  for (const name of ['reference', 'reason', 'note', 'carrier', 'trackingNumber'])
    if (typeof data[name] === 'string') lines.push(<bdi class="break pre">{data[name]}</bdi>)
  for (const [name, key] of [
    ['previousAddress', 'event.oldAddress'],
    ['shippingAddress', 'event.newAddress'],
  ] as const) {
    const address = data[name]
    if (typeof address === 'object' && address !== null)
      lines.push(rich(key, { address: <bdi class="break">{addressLines(address).join(', ')}</bdi> }))
  }
  return lines.map((line, i) => (
    <p key={i} class="muted">
      {line}
    </p>
  ))
}
