import type { OperatorOrder } from '@shop/client'
import { Link } from 'wouter-preact'
import { t } from '../texts/index.ts'
import { leftOf } from './verbs.ts'

type Props = { order: OperatorOrder; format: (amount: number) => string }

export function Items({ order, format }: Props) {
  const { items, totalAmount, refundedAmount } = order
  return (
    <section aria-labelledby="items">
      <h2 id="items">{t('order.items')}</h2>
      <table class="items" aria-labelledby="items">
        <thead>
          <tr>
            <th scope="col">{t('order.product')}</th>
            <th scope="col" class="end">
              {t('order.quantity')}
            </th>
            <th scope="col" class="end each">
              {t('order.unit')}
            </th>
            <th scope="col" class="end">
              {t('order.sum')}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ position, productId, productName, quantity, unitAmount }) => (
            <tr key={position}>
              <td class="break">
                <Link class="plain" href={`/desk/orders?product=${productId}`}>
                  <bdi>{productName}</bdi>
                </Link>
              </td>
              <td class="end amount">{quantity}</td>
              <td class="end amount each">
                <bdi>{format(unitAmount)}</bdi>
              </td>
              <td class="end amount">
                <bdi>{format(unitAmount * quantity)}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <Sum name={t('order.total')} amount={format(totalAmount)} />
          {refundedAmount > 0 ? (
            <>
              <Sum name={t('order.refunded')} amount={format(refundedAmount)} />
              <Sum name={t('order.left')} amount={format(leftOf(order))} />
            </>
          ) : null}
        </tfoot>
      </table>
    </section>
  )
}

function Sum({ name, amount }: { name: string; amount: string }) {
  return (
    <tr>
      <th scope="row" colSpan={2}>
        {name}
      </th>
      <td class="each" />
      <td class="end amount">
        <bdi>{amount}</bdi>
      </td>
    </tr>
  )
}
