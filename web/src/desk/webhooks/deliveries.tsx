import type { Answer, Delivery } from '@shop/client'
import { useInfiniteQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { Time } from '../../ground/times.tsx'
import { Empty, Failed, Loading, messageOf } from '../parts/states.tsx'
import { operator } from '../shop.ts'
import { t } from '../texts/index.ts'
import { reasonOf } from './reason.ts'

const states = ['waiting', 'parked', 'delivered'] as const

type Page = Answer<'listDeliveries'>

/** The log of what was not delivered at the first attempt. */
export function Deliveries({ id }: { id: string }) {
  const [state, setState] = useState<Delivery['state']>()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['deliveries', id, state],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => fetchPage(id, state, pageParam, signal),
    getNextPageParam: (page: Page) => page.meta.nextCursor ?? undefined,
  })
  const deliveries = data?.pages.flatMap((page) => page.data)
  return (
    <section class="deliveries" aria-labelledby="deliveries">
      <h2 id="deliveries">{t('webhooks.deliveries')}</h2>
      <div class="row" role="group" aria-label={t('webhooks.state')}>
        {[undefined, ...states].map((each) => (
          <button
            key={each ?? 'all'}
            type="button"
            class="quiet"
            aria-pressed={state === each}
            onClick={() => setState(each)}
          >
            {t(`delivery.${each ?? 'all'}`)}
          </button>
        ))}
      </div>
      {deliveries ? (
        deliveries.length > 0 ? (
          <ul>
            {deliveries.map((delivery) => (
              <DeliveryOf key={delivery.eventId} id={id} delivery={delivery} />
            ))}
          </ul>
        ) : (
          <Empty>
            <p>{t('webhooks.noDeliveries')}</p>
          </Empty>
        )
      ) : error ? (
        <Failed error={error} retry={refetch} />
      ) : (
        <Loading />
      )}
      {hasNextPage ? (
        <button type="button" disabled={isFetchingNextPage} onClick={() => fetchNextPage()}>
          {t('orders.nextPage')}
        </button>
      ) : null}
    </section>
  )
}

function DeliveryOf({ id, delivery }: { id: string; delivery: Delivery }) {
  const { eventId, orderId, type, state, attempts, status, reason, answer, createdAt } = delivery
  const [said, setSaid] = useState('')
  const [isPending, setPending] = useState(false)

  async function redeliver() {
    setPending(true)
    try {
      await operator.webhooks.redeliver(id, eventId)
      setSaid(t('webhooks.redelivered'))
    } catch (error) {
      setSaid(messageOf(error))
    }
    setPending(false)
  }

  return (
    <li>
      <div class="row">
        <b>{t(`delivery.${state}`)}</b>
        <Link href={`/desk/orders/${orderId}`}>
          <bdi>{type}</bdi>
        </Link>
        <Time at={createdAt} inline />
        <button type="button" class="end-of-row" disabled={isPending} onClick={redeliver}>
          {t('webhooks.redeliver')}
        </button>
      </div>
      <p class="muted">
        {t('webhooks.attempts')}: {attempts} · {t('webhooks.answer')}: {reasonOf({ reason, status })}
      </p>
      {answer ? (
        <pre class="small">
          <bdi>{answer}</bdi>
        </pre>
      ) : null}
      <p role="status">{said}</p>
    </li>
  )
}

async function fetchPage(
  id: string,
  state: Delivery['state'] | undefined,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const query = { ...(state !== undefined && { state }), ...(cursor !== undefined && { cursor }), signal }
  for await (const page of operator.webhooks.deliveries(id, query).pages()) return page
  throw new Error('unreachable: there is always a first page')
}
