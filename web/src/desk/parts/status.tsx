import type { OrderStatus } from '@shop/client'
import { t } from '../texts/index.ts'

/** A dot beside its word: its shape says the same, without the colour. */
export function Status({ of, late = false }: { of: OrderStatus; late?: boolean }) {
  return (
    <span class="status">
      <span class={`dot ${of}`} aria-hidden="true" />
      {t(`status.${of}`)}
      {late ? <span class="flag">{t('orders.latePayment')}</span> : null}
    </span>
  )
}
