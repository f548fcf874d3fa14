import type { TextRow } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import type { Order, OrderDetails, OrderItem, OrderStatus } from '../order.ts'
import { orderNumber } from '../order-number.ts'
import { actionsOf, type Party } from '../transitions.ts'

/** The columns of `orders` that a list shows, all of them in orders_list_idx. toOrder reads them. */
export const listColumns =
  'id, created_at, updated_at, user_id, product_id, product_name, item_count, total_amount, refunded_amount, currency, status, version'

/**
 * The sequences of the indexes that lists walk along: orders_list_idx, orders_list_of_status_idx, and those of all users'
 * orders. All are newest first, for there are no nulls: the difference keeps PostgreSQL from walking along another
 * index, and through orders that are not in the list.
 */
export const newestFirst = {
  ofUser: 'created_at DESC, id DESC',
  ofUserInStatus: 'created_at DESC NULLS LAST, id DESC',
  ofAll: 'created_at DESC NULLS LAST, id DESC NULLS LAST',
}

/** The items of the order in `source`, as JSON with the names that clients see. */
export const itemsOf = (source: string) => `
  (SELECT json_agg(json_build_object(
     'position', position, 'productId', product_id, 'productName', product_name, 'quantity', quantity,
     'unitAmount', unit_amount) ORDER BY position)
   FROM order_items WHERE order_id = ${source}.id AND user_id = ${source}.user_id)`

/** What one order shows, from a table or query with the columns of `orders`. toOrderDetails reads them. */
export const detailColumns = (source: string) =>
  `${listColumns}, shipping_address, metadata, carrier, tracking_number, tracking_url, late_payment,
   payment_reference, ${itemsOf(source)}`

/** The texts of `listColumns`, in the same order. */
type ListTexts = [
  id: string,
  createdAt: string,
  updatedAt: string,
  userId: string,
  productId: string,
  productName: string,
  itemCount: string,
  totalAmount: string,
  refundedAmount: string,
  currency: string,
  status: OrderStatus,
  version: string,
]

const listLength = 12

/** Returns the order in a row that begins with the texts of `listColumns`. */
export function toOrder(row: TextRow): Order {
  const [
    id,
    createdAt,
    updatedAt,
    userId,
    productId,
    productName,
    itemCount,
    totalAmount,
    refundedAmount,
    currency,
    status,
    version,
  ] = row as ListTexts
  return {
    id,
    number: orderNumber(id),
    version: Number(version),
    userId,
    status,
    productId,
    productName,
    itemCount: Number(itemCount),
    totalAmount: Number(totalAmount),
    refundedAmount: Number(refundedAmount),
    currency,
    createdAt: toTimestamp(createdAt),
    updatedAt: toTimestamp(updatedAt),
  }
}

/** Returns the order in a row of `listColumns` and the items. */
export function toOrderWithItems(row: TextRow): Order {
  return { ...toOrder(row), items: parseItems(row[listLength]) }
}

/** Returns the order in a row of `detailColumns` as `party` sees it; `items` are those of the row when absent. */
export function toOrderDetails(
  row: TextRow,
  party: Party,
  items = parseItems(row[listLength + 7]),
): OrderDetails {
  const [address, metadata, carrier, trackingNumber, trackingUrl, late, paymentReference] =
    row.slice(listLength)
  const order = toOrder(row)
  const latePayment = late === 't'
  return {
    ...order,
    items,
    shippingAddress: address ? JSON.parse(address) : null,
    metadata: metadata ? JSON.parse(metadata) : null,
    shipment:
      carrier && trackingNumber ? { carrier, trackingNumber, ...(trackingUrl && { trackingUrl }) } : null,
    latePayment,
    actions: actionsOf({ ...order, latePayment, paymentReference: paymentReference ?? null }, party),
    ...(party === 'operator' && { paymentReference: paymentReference ?? null }),
  }
}

const parseItems = (text: string | null | undefined): OrderItem[] => (text ? JSON.parse(text) : [])
