import { ConnectionError, ShopError } from '@shop/client'
import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import { t } from '../texts/index.ts'

/** Says what an error means for the person in front of it. */
export function messageOf(error: unknown): string {
  if (error instanceof ConnectionError) return t('state.noConnection')
  return error instanceof Error ? error.message : String(error)
}

/** Takes the room of what will be there, so that nothing moves when it comes. */
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{t('state.loading')}</span>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} />
      ))}
    </div>
  )
}

export function Failed({ error, retry, message }: { error?: unknown; retry?: () => void; message?: string }) {
  return (
    <div class="state" role="alert">
      <p>
        {message ??
          (error instanceof ConnectionError
            ? messageOf(error)
            : t('state.failed', { message: messageOf(error) }))}
      </p>
      {error instanceof ShopError && error.requestId ? (
        <p class="muted small">{t('state.requestId', { id: error.requestId })}</p>
      ) : null}
      <button type="button" onClick={retry ?? (() => location.reload())}>
        {retry ? t('action.retry') : t('state.reload')}
      </button>
    </div>
  )
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="state">{children}</div>
}

export function NotFound({ message = t('state.notFound') }: { message?: string }) {
  return (
    <Empty>
      <h1>{message}</h1>
      <Link class="button" href="/desk/orders">
        {t('state.toOrders')}
      </Link>
    </Empty>
  )
}
