import type { OperatorOrder } from '@shop/client'
import { amountText, parseAmount } from '../../ground/money.ts'
import { numberLocale } from '../../ground/preferences.ts'
import { operator } from '../shop.ts'
import { type Key, t } from '../texts/index.ts'

export type Verb = OperatorOrder['actions'][number]

export type Field = {
  name: string
  label: string
  maxLength: number
  isOptional?: boolean
  isLong?: boolean
  inputMode?: 'decimal' | 'url'
  autocomplete?: string
}

export type Values = Record<string, string>

/** The decimals of the order's currency, and how to write its amounts. */
export type Money = { digits: number; format: (amount: number) => string }

const text = (name: string, maxLength: number, more: Partial<Field> = {}): Field => ({
  name,
  label: t(`field.${name}` as Key),
  maxLength,
  ...more,
})

const reason = text('reason', 500)

const shipment = [
  text('carrier', 100),
  text('trackingNumber', 100),
  text('trackingUrl', 2000, { isOptional: true, inputMode: 'url' }),
]

const address = [
  text('name', 200),
  text('line1', 200),
  text('line2', 200, { isOptional: true }),
  text('postalCode', 20, { isOptional: true }),
  text('city', 200),
  text('region', 200, { isOptional: true }),
  text('country', 2),
]

export function fieldsOf(verb: Verb, order: OperatorOrder): Field[] {
  switch (verb) {
    case 'pay':
      return [text('reference', 200)]
    case 'ship':
    case 'track':
      return shipment
    case 'refund':
      return [
        {
          ...text('amount', 30, { inputMode: 'decimal' }),
          label: t('field.amount', { currency: order.currency }),
        },
        reason,
      ]
    case 'readdress':
      return address
    case 'note':
      return [text('note', 2000, { isLong: true })]
    case 'cancel':
    case 'revert':
      return [reason]
    case 'deliver':
      return []
  }
}

export const leftOf = ({ totalAmount, refundedAmount }: OperatorOrder) => totalAmount - refundedAmount

export function initialValues(verb: Verb, order: OperatorOrder, { digits }: Money): Values {
  if (verb === 'refund') return { amount: amountText(leftOf(order), digits, numberLocale) }
  if (verb === 'track') return { ...order.shipment }
  if (verb === 'readdress') return { ...order.shippingAddress } as Values
  return {}
}

/** Returns what is wrong with the values, by field. */
export function problemsOf(verb: Verb, order: OperatorOrder, values: Values, money: Money): Values {
  const problems: Values = {}
  for (const { name, isOptional } of fieldsOf(verb, order)) {
    const value = values[name]?.trim() ?? ''
    if (value === '') {
      if (!isOptional) problems[name] = t('problem.required')
    } else if (name === 'trackingUrl' && !/^https?:\/\/[!-~]+$/.test(value)) problems[name] = t('problem.url')
    else if (name === 'country' && !/^[a-z]{2}$/i.test(value)) problems[name] = t('problem.country')
    else if (name === 'amount') {
      const amount = parseAmount(value, money.digits, numberLocale)
      if (amount === undefined || amount < 1 || amount > leftOf(order))
        problems[name] = t('problem.amount', {
          min: money.format(1),
          max: money.format(leftOf(order)),
          digits: money.digits,
        })
    }
  }
  return problems
}

/** Sends what the form says. Throws as the client does. */
export function perform(options: {
  verb: Verb
  order: OperatorOrder
  values: Values
  money: Money
  idempotencyKey: string
}) {
  const { verb, order, money, idempotencyKey } = options
  const given = Object.fromEntries(
    fieldsOf(verb, order)
      .map(({ name }) => [name, options.values[name]?.trim() ?? ''] as const)
      .filter(([, value]) => value !== ''),
  )
  const change = { idempotencyKey }
  switch (verb) {
    case 'deliver':
      return operator.orders.deliver(order, change)
    case 'refund': {
      const amount = parseAmount(given.amount ?? '', money.digits, numberLocale) as number
      return operator.orders.refund(order, { reason: given.reason as string, amount }, change)
    }
    case 'readdress': {
      const shippingAddress = { ...given, country: given.country?.toUpperCase() }
      return operator.orders.readdress(order, { shippingAddress: shippingAddress as never }, change)
    }
    default:
      // the fields of these verbs are the members of their bodies
      return operator.orders[verb](order, given as never, change)
  }
}

export function aboutOf(verb: Verb, order: OperatorOrder, money: Money): string {
  if (verb === 'pay' && order.status === 'cancelled') return t('verb.pay.late')
  if (verb === 'pay') return t('verb.pay.about', { total: money.format(order.totalAmount) })
  if (verb === 'revert')
    return t(order.status === 'delivered' ? 'verb.revert.delivered' : 'verb.revert.shipped')
  if (verb === 'refund')
    return t('verb.refund.about', {
      left: money.format(leftOf(order)),
      total: money.format(order.totalAmount),
    })
  return t(`verb.${verb}.about`)
}
