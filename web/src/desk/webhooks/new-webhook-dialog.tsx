import { ShopError } from '@shop/client'
import { useState } from 'preact/hooks'
import { Dialog } from '../parts/dialog.tsx'
import { messageOf } from '../parts/states.tsx'
import { operator } from '../shop.ts'
import { t } from '../texts/index.ts'
import { Secret } from './secret.tsx'

export const eventTypes = [
  'placed',
  'paid',
  'paid_late',
  'shipped',
  'tracked',
  'delivered',
  'cancelled',
  'refunded',
  'readdressed',
  'noted',
  'reverted',
  'erased',
] as const

export function NewWebhookDialog({ close }: { close: () => void }) {
  const [isAll, setAll] = useState(true)
  const [isPending, setPending] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [secret, setSecret] = useState<string>()

  async function submit(event: SubmitEvent) {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const chosen = data.getAll('types')
    const types = eventTypes.filter((type) => chosen.includes(type))
    setPending(true)
    setProblem(undefined)
    try {
      const created = await operator.webhooks.create({
        url: String(data.get('url')).trim(),
        description: String(data.get('description')).trim(),
        ordered: data.has('ordered'),
        ...(!isAll && types.length > 0 && { types }),
      })
      setSecret(created.secret)
    } catch (error) {
      const details = error instanceof ShopError && 'errors' in error ? (error.errors ?? []) : []
      setProblem([messageOf(error), ...details.map(({ detail }) => detail)].join(' '))
    }
    setPending(false)
  }

  return (
    <Dialog title={t('webhooks.new')} close={close} isLocked={isPending}>
      {secret === undefined ? (
        <form class="stack" onSubmit={submit}>
          <label class="field">
            <span>{t('webhooks.url')}</span>
            <input
              type="url"
              name="url"
              required
              maxLength={2048}
              placeholder="https://"
              autofocus
              autocomplete="off"
            />
          </label>
          <label class="field">
            <span>
              {t('webhooks.description')} <span class="muted small">{t('field.optional')}</span>
            </span>
            <input name="description" maxLength={200} autocomplete="off" />
          </label>
          <fieldset>
            <legend>{t('webhooks.types')}</legend>
            <label class="tick">
              <input
                type="checkbox"
                checked={isAll}
                onChange={(event) => setAll(event.currentTarget.checked)}
              />
              {t('webhooks.allTypes')}
            </label>
            {isAll ? null : (
              <div class="choices">
                {eventTypes.map((type) => (
                  <label key={type}>
                    <input type="checkbox" name="types" value={type} />
                    {t(`event.${type}`)}
                  </label>
                ))}
              </div>
            )}
          </fieldset>
          <label class="tick">
            <input type="checkbox" name="ordered" />
            {t('webhooks.ordered')}
          </label>
          <p class="problem" role="alert">
            {problem}
          </p>
          <div class="foot">
            <button type="button" disabled={isPending} onClick={close}>
              {t('action.cancel')}
            </button>
            <button type="submit" class="primary" disabled={isPending}>
              {isPending ? t('form.pending') : t('webhooks.create')}
            </button>
          </div>
        </form>
      ) : (
        <Secret value={secret} close={close} />
      )}
    </Dialog>
  )
}
