import { type CsvDialect, csvRecord, guardFormula, toDialect } from './csv.ts'
import { formatAmount } from './currencies.ts'
import type { OrderDetails, OrderItem } from './order.ts'
import type { Party } from './transitions.ts'

/**
 * `text`: what people wrote, guarded against formulas. `amount`: minor units of the order's currency. `decimal`: an amount
 * written as a decimal, empty if the currency's minor units are not known. `plain`: what cannot be a formula.
 */
type Kind = 'text' | 'plain' | 'amount' | 'decimal'

type Column = {
  name: string
  kind: Kind
  value: (order: OrderDetails, item: OrderItem) => string | number | null | undefined
  party?: Party
}

const itemTotal = (_order: OrderDetails, { quantity, unitAmount }: OrderItem) => quantity * unitAmount

/** One row for each item; the columns of the order are the same in all rows of one order. */
const columns: readonly Column[] = [
  { name: 'orderId', kind: 'plain', value: ({ id }) => id },
  { name: 'number', kind: 'plain', value: ({ number }) => number },
  { name: 'version', kind: 'plain', value: ({ version }) => version },
  { name: 'userId', kind: 'plain', value: ({ userId }) => userId },
  { name: 'status', kind: 'plain', value: ({ status }) => status },
  { name: 'createdAt', kind: 'plain', value: ({ createdAt }) => createdAt },
  { name: 'updatedAt', kind: 'plain', value: ({ updatedAt }) => updatedAt },
  { name: 'currency', kind: 'plain', value: ({ currency }) => currency },
  { name: 'itemCount', kind: 'plain', value: ({ itemCount }) => itemCount },
  { name: 'totalAmount', kind: 'amount', value: ({ totalAmount }) => totalAmount },
  { name: 'total', kind: 'decimal', value: ({ totalAmount }) => totalAmount },
  { name: 'refundedAmount', kind: 'amount', value: ({ refundedAmount }) => refundedAmount },
  { name: 'refunded', kind: 'decimal', value: ({ refundedAmount }) => refundedAmount },
  { name: 'latePayment', kind: 'plain', value: ({ latePayment }) => String(latePayment) },
  {
    name: 'paymentReference',
    kind: 'text',
    value: ({ paymentReference }) => paymentReference,
    party: 'operator',
  },
  { name: 'position', kind: 'plain', value: (_order, { position }) => position },
  { name: 'productId', kind: 'plain', value: (_order, { productId }) => productId },
  { name: 'productName', kind: 'text', value: (_order, { productName }) => productName },
  { name: 'quantity', kind: 'plain', value: (_order, { quantity }) => quantity },
  { name: 'unitAmount', kind: 'amount', value: (_order, { unitAmount }) => unitAmount },
  { name: 'unitPrice', kind: 'decimal', value: (_order, { unitAmount }) => unitAmount },
  { name: 'itemTotalAmount', kind: 'amount', value: itemTotal },
  { name: 'itemTotal', kind: 'decimal', value: itemTotal },
  { name: 'carrier', kind: 'text', value: ({ shipment }) => shipment?.carrier },
  { name: 'trackingNumber', kind: 'text', value: ({ shipment }) => shipment?.trackingNumber },
  { name: 'trackingUrl', kind: 'text', value: ({ shipment }) => shipment?.trackingUrl },
  { name: 'shippingName', kind: 'text', value: ({ shippingAddress }) => shippingAddress?.name },
  { name: 'shippingLine1', kind: 'text', value: ({ shippingAddress }) => shippingAddress?.line1 },
  { name: 'shippingLine2', kind: 'text', value: ({ shippingAddress }) => shippingAddress?.line2 },
  { name: 'shippingCity', kind: 'text', value: ({ shippingAddress }) => shippingAddress?.city },
  { name: 'shippingRegion', kind: 'text', value: ({ shippingAddress }) => shippingAddress?.region },
  { name: 'shippingPostalCode', kind: 'text', value: ({ shippingAddress }) => shippingAddress?.postalCode },
  { name: 'shippingCountry', kind: 'plain', value: ({ shippingAddress }) => shippingAddress?.country },
  { name: 'metadata', kind: 'text', value: ({ metadata }) => metadata && JSON.stringify(metadata) },
]

const columnsOf = (party: Party) =>
  columns.filter((column) => column.party === undefined || column.party === party)

/** Returns the first record of a file, the names of the columns, after a byte order mark if the dialect has one. */
export function csvHeader(party: Party, { separator, byteOrderMark }: CsvDialect): string {
  const names = columnsOf(party).map(({ name }) => name)
  return (byteOrderMark ? '\uFEFF' : '') + csvRecord(names, separator)
}

/** Returns the records of an order, one for each item. */
export function orderToCsv(order: OrderDetails, party: Party, dialect: CsvDialect): string {
  const written = columnsOf(party)
  return order.items
    .map((item) =>
      csvRecord(
        written.map((column) => fieldOf(column, order, item, dialect)),
        dialect.separator,
      ),
    )
    .join('')
}

function fieldOf({ kind, value }: Column, order: OrderDetails, item: OrderItem, dialect: CsvDialect): string {
  const given = value(order, item)
  if (given === null || given === undefined) return ''
  if (kind === 'text') return guardFormula(String(given))
  if (kind === 'decimal') return toDialect(formatAmount(Number(given), order.currency) ?? '', dialect)
  return String(given)
}
