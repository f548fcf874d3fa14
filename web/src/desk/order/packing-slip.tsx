import type { OperatorOrder } from '@shop/client'
import { formatExact } from '../../ground/times.tsx'
import { t } from '../texts/index.ts'
import { Address } from './facts.tsx'

/** What is printed instead of the page: what goes into the parcel and where that goes, without prices and notes. */
export function PackingSlip({ order }: { order: OperatorOrder }) {
  return (
    <div class="slip">
      <p class="slip-title">{t('order.slip')}</p>
      <p>
        <span class="mono">{order.number}</span> · {formatExact(order.createdAt)}
      </p>
      <Address of={order.shippingAddress} />
      <table>
        <thead>
          <tr>
            <th scope="col">{t('order.quantity')}</th>
            <th scope="col">{t('order.product')}</th>
          </tr>
        </thead>
        <tbody>
          {order.items.map(({ position, quantity, productName }) => (
            <tr key={position}>
              <td class="amount">{quantity}</td>
              <td class="break">
                <bdi>{productName}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
