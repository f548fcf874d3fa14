import type { Webhook } from '@shop/client'
import { useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { usePlace } from '../parts/places.ts'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { useTitle } from '../parts/title.ts'
import { operator } from '../shop.ts'
import { t } from '../texts/index.ts'
import { NewWebhookDialog } from './new-webhook-dialog.tsx'
import '../../style/webhooks.css'

export function WebhooksPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => operator.webhooks.list({ signal }),
    refetchInterval: 15_000,
  })
  const [isNew, setNew] = useState(false)
  useTitle(t('webhooks.title'))
  usePlace(data !== undefined, 'webhooks')
  return (
    <>
      <div class="head">
        <h1>{t('webhooks.title')}</h1>
        <button type="button" class="primary end-of-row" onClick={() => setNew(true)}>
          {t('webhooks.new')}
        </button>
      </div>
      {data ? (
        data.length > 0 ? (
          <ul class="webhooks">
            {data.map((webhook) => (
              <li key={webhook.id}>
                <Link class="break" href={`/desk/webhooks/${webhook.id}`} data-place={webhook.id}>
                  <bdi>{webhook.url}</bdi>
                </Link>
                <p>
                  <bdi>{webhook.description}</bdi>
                </p>
                <WebhookState of={webhook} />
              </li>
            ))}
          </ul>
        ) : (
          <Empty>
            <p>{t('webhooks.none')}</p>
          </Empty>
        )
      ) : error ? (
        <Failed error={error} retry={refetch} />
      ) : (
        <Loading />
      )}
      {isNew ? (
        <NewWebhookDialog
          close={() => {
            setNew(false)
            void refetch()
          }}
        />
      ) : null}
    </>
  )
}

export function WebhookState({ of: { enabled, disabledReason, behind } }: { of: Webhook }) {
  return (
    <p class="muted">
      {t(enabled ? 'webhooks.enabled' : disabledReason === 'gone' ? 'webhooks.gone' : 'webhooks.disabled')}
      {behind > 0 ? ` · ${t('webhooks.behind', { n: behind })}` : null}
    </p>
  )
}
