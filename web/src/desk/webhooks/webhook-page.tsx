import { ShopError, type Webhook } from '@shop/client'
import { useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Dialog } from '../parts/dialog.tsx'
import { usePlace } from '../parts/places.ts'
import { Failed, Loading, messageOf, NotFound } from '../parts/states.tsx'
import { useTitle } from '../parts/title.ts'
import { operator, queries } from '../shop.ts'
import { t } from '../texts/index.ts'
import { Deliveries } from './deliveries.tsx'
import { eventTypes } from './new-webhook-dialog.tsx'
import { reasonOf } from './reason.ts'
import { Secret } from './secret.tsx'
import { WebhookState } from './webhooks-page.tsx'

export function WebhookPage({ id }: { id: string }) {
  const key = ['webhook', id]
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => operator.webhooks.get(id, { signal }),
    refetchInterval: 15_000,
  })
  useTitle(t('webhooks.title'))
  usePlace(data !== undefined, id)
  return (
    <>
      <div class="above">
        <Link href="/desk/webhooks">{t('webhooks.title')}</Link>
      </div>
      {data ? (
        <WebhookView webhook={data} changed={(webhook) => queries.setQueryData(key, webhook)} />
      ) : error ? (
        error instanceof ShopError && [400, 404].includes(error.status) ? (
          <NotFound />
        ) : (
          <Failed error={error} retry={refetch} />
        )
      ) : (
        <Loading />
      )}
    </>
  )
}

type Props = { webhook: Webhook; changed: (webhook: Webhook) => void }

function WebhookView({ webhook, changed }: Props) {
  const { id, url, description, types, ordered, enabled } = webhook
  const [, navigate] = useLocation()
  const [said, setSaid] = useState('')
  const [isPending, setPending] = useState(false)
  const [asked, setAsked] = useState<'delete' | 'rotate'>()
  const [secret, setSecret] = useState<string>()

  async function act(work: () => Promise<string | undefined>) {
    setPending(true)
    try {
      setSaid((await work()) ?? '')
    } catch (error) {
      setSaid(messageOf(error))
    }
    setPending(false)
  }

  const ping = () =>
    act(async () => {
      const { delivered, status, reason, durationMs } = await operator.webhooks.ping(id)
      return delivered
        ? t('webhooks.pinged', { status: String(status), ms: durationMs ?? 0 })
        : t('webhooks.pingFailed', { reason: reasonOf({ reason, status }) })
    })
  const toggle = () =>
    act(async () => {
      changed(await operator.webhooks.change(id, { enabled: !enabled }))
      return t(enabled ? 'webhooks.disabled' : 'webhooks.enabled')
    })
  const confirm = () =>
    act(async () => {
      if (asked === 'rotate') setSecret((await operator.webhooks.rotateSecret(id)).secret)
      else {
        await operator.webhooks.delete(id)
        void queries.invalidateQueries({ queryKey: ['webhooks'] })
        navigate('/desk/webhooks')
      }
      setAsked(undefined)
      return undefined
    })

  return (
    <>
      <h1 class="break">
        <bdi>{url}</bdi>
      </h1>
      <p>
        <bdi>{description}</bdi>
      </p>
      <WebhookState of={webhook} />
      <p class="muted">
        {types
          ? types.map((type) => (isKnown(type) ? t(`event.${type}`) : type)).join(', ')
          : t('webhooks.allTypes')}
        {ordered ? ` · ${t('webhooks.ordered')}` : null}
      </p>
      <div class="verbs">
        <button type="button" disabled={isPending} onClick={ping}>
          {t('webhooks.ping')}
        </button>
        <button type="button" disabled={isPending} onClick={toggle}>
          {t(enabled ? 'webhooks.disable' : 'webhooks.enable')}
        </button>
        <button type="button" disabled={isPending} onClick={() => setAsked('rotate')}>
          {t('webhooks.rotate')}
        </button>
        <button type="button" disabled={isPending} onClick={() => setAsked('delete')}>
          {t('webhooks.delete')}
        </button>
      </div>
      <p class="said" role="status">
        {said}
      </p>
      <Deliveries id={id} />
      {asked ? (
        <Dialog title={t(`webhooks.${asked}`)} close={() => setAsked(undefined)} isLocked={isPending}>
          <p>{t(asked === 'delete' ? 'webhooks.deleteSure' : 'webhooks.rotateSure')}</p>
          <div class="foot">
            <button type="button" disabled={isPending} onClick={() => setAsked(undefined)}>
              {t('action.cancel')}
            </button>
            <button type="button" class="primary" disabled={isPending} onClick={confirm}>
              {t(`webhooks.${asked}`)}
            </button>
          </div>
        </Dialog>
      ) : null}
      {secret === undefined ? null : (
        <Dialog title={t('webhooks.rotate')} close={() => setSecret(undefined)}>
          <Secret value={secret} close={() => setSecret(undefined)} />
        </Dialog>
      )}
    </>
  )
}

/** Types that the API gets later have no name here yet. */
const isKnown = (type: string): type is (typeof eventTypes)[number] =>
  eventTypes.includes(type as (typeof eventTypes)[number])
