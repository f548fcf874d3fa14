import {
  type ListedOperatorOrder,
  newIdempotencyKey,
  type OrderStatus,
  type RefusedOrder,
  ShopError,
} from '@shop/client'
import { useRef, useState } from 'preact/hooks'
import { Dialog } from '../parts/dialog.tsx'
import { messageOf } from '../parts/states.tsx'
import { operator } from '../shop.ts'
import { t } from '../texts/index.ts'
import { inParallel, readTrackingNumbers } from './bulk.ts'
import { updateRows } from './use-orders.ts'

export type BulkVerb = 'ship' | 'deliver'

type Result = { state: 'waiting' | 'running' | 'ok' } | { state: 'failed'; message: string }

type Props = { verb: BulkVerb; orders: ListedOperatorOrder[]; close: () => void }

const atATime = 5

/** From which status each verb leads on. */
const from: Record<BulkVerb, OrderStatus> = { ship: 'paid', deliver: 'shipped' }

export function BulkDialog({ verb, orders, close }: Props) {
  // as they were when the dialog was opened: each is changed only if it still is like that
  const [chosen] = useState(orders)
  const [carrier, setCarrier] = useState('')
  const [pasted, setPasted] = useState('')
  const [numbers, setNumbers] = useState<ReadonlyMap<string, string>>(new Map())
  const [results, setResults] = useState<ReadonlyMap<string, Result>>(new Map())
  const [isRunning, setRunning] = useState(false)
  // what a refusal has shown of an order: a retry changes that version
  const [latest, setLatest] = useState<ReadonlyMap<string, RefusedOrder>>(new Map())
  const keys = useRef(new Map(chosen.map(({ id }) => [id, newIdempotencyKey()])))

  const { unmatched } = readTrackingNumbers(pasted, chosen)
  const statusOf = (order: ListedOperatorOrder) => latest.get(order.id)?.status ?? order.status
  const possible = chosen.filter((order) => statusOf(order) === from[verb])
  const isReady = ({ id }: ListedOperatorOrder) => verb === 'deliver' || Boolean(numbers.get(id)?.trim())
  const left = possible.filter((order) => isReady(order) && results.get(order.id)?.state !== 'ok')
  const done = [...results.values()].filter(({ state }) => state === 'ok').length
  const failed = [...results.values()].filter(({ state }) => state === 'failed').length

  function paste(text: string) {
    setPasted(text)
    setNumbers(new Map([...numbers, ...readTrackingNumbers(text, chosen).byId]))
  }

  const report = (id: string, result: Result) => setResults((before) => new Map(before).set(id, result))

  async function run(event: SubmitEvent) {
    event.preventDefault()
    setRunning(true)
    for (const { id } of left) report(id, { state: 'waiting' })
    await inParallel(left, atATime, async (order) => {
      report(order.id, { state: 'running' })
      try {
        const reference = latest.get(order.id) ?? order
        const options = { idempotencyKey: keys.current.get(order.id) as string }
        const shipment = { carrier: carrier.trim(), trackingNumber: numbers.get(order.id)?.trim() ?? '' }
        updateRows(
          verb === 'ship'
            ? await operator.orders.ship(reference, shipment, options)
            : await operator.orders.deliver(reference, options),
        )
        report(order.id, { state: 'ok' })
      } catch (error) {
        const refused =
          error instanceof ShopError && 'order' in error ? (error.order as RefusedOrder) : undefined
        if (refused) setLatest((before) => new Map(before).set(order.id, refused))
        report(order.id, { state: 'failed', message: refused ? meanwhile(refused) : messageOf(error) })
      }
    })
    setRunning(false)
  }

  const isRetry = failed > 0
  const n = left.length
  return (
    <Dialog
      title={t(verb === 'ship' ? 'bulk.shipTitle' : 'bulk.deliverTitle', { n: chosen.length })}
      close={close}
      isLocked={isRunning}
    >
      <form class="stack" onSubmit={run}>
        {verb === 'ship' ? (
          <>
            <label class="field">
              <span>{t('field.carrier')}</span>
              <input
                required
                maxLength={100}
                value={carrier}
                onInput={(event) => setCarrier(event.currentTarget.value)}
              />
            </label>
            <label class="field">
              <span>{t('bulk.paste')}</span>
              <textarea
                rows={4}
                spellcheck={false}
                aria-describedby="bulk-hint"
                value={pasted}
                onInput={(event) => paste(event.currentTarget.value)}
              />
            </label>
            <p class="muted small" id="bulk-hint">
              {t('bulk.pasteHint')}
            </p>
            {unmatched > 0 ? <p role="alert">{t('bulk.unmatched', { n: unmatched })}</p> : null}
          </>
        ) : null}
        <table class="results">
          <tbody>
            {chosen.map((order) => (
              <tr key={order.id}>
                <th scope="row" class="mono">
                  {order.number}
                </th>
                {verb === 'ship' ? (
                  <td>
                    <input
                      aria-label={`${t('field.trackingNumber')} ${order.number}`}
                      maxLength={100}
                      spellcheck={false}
                      disabled={
                        isRunning || results.get(order.id)?.state === 'ok' || statusOf(order) !== 'paid'
                      }
                      value={numbers.get(order.id) ?? ''}
                      onInput={(event) =>
                        setNumbers(new Map(numbers).set(order.id, event.currentTarget.value))
                      }
                    />
                  </td>
                ) : null}
                <td class="result">
                  <ResultOf
                    order={order}
                    verb={verb}
                    result={results.get(order.id)}
                    isReady={isReady(order)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <div class="foot">
          <p role="status">
            {isRunning
              ? t('bulk.progress', { done: done + failed, n: results.size })
              : results.size > 0
                ? t('bulk.summary', { ok: done, failed })
                : null}
          </p>
          <button type="button" disabled={isRunning} onClick={close}>
            {t('action.cancel')}
          </button>
          <button type="submit" class="primary" disabled={isRunning || n === 0}>
            {isRetry
              ? t('bulk.retry', { n })
              : t(verb === 'ship' ? 'bulk.start' : 'bulk.startDeliver', { n })}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Says what somebody else has done to an order since it was listed. */
function meanwhile({ lastEvent, status }: RefusedOrder): string {
  return t('bulk.meanwhile', { event: t(`event.${lastEvent.type}`), status: t(`status.${status}`) })
}

type ResultProps = {
  order: ListedOperatorOrder
  verb: BulkVerb
  result: Result | undefined
  isReady: boolean
}

function ResultOf({ order, verb, result, isReady }: ResultProps) {
  if (result?.state === 'failed') return <span class="problem">{result.message}</span>
  if (result) return <>{t(`bulk.${result.state}`)}</>
  if (order.status !== from[verb])
    return <span class="muted">{t('bulk.notNow', { status: t(`status.${order.status}`) })}</span>
  return isReady ? null : <span class="muted">{t('bulk.missing')}</span>
}
