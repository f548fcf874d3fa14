import type { ErrorDetail } from '@shop/service/errors'
import { Text, Timestamp, Uuid } from '@shop/service/schemas'
import { type Static, Type } from 'typebox'

const description = { minLength: 0, maxLength: 5000, description: 'Plain text; may be empty.' }

const members = {
  name: Text({ maxLength: 200, examples: ['Pour-over kettle'] }),
  description: Text(description),
  unitAmount: Type.Integer({
    minimum: 0,
    maximum: 2_147_483_647,
    description: "The price in the currency's minor unit: cents of EUR, whole yen of JPY.",
    examples: [4900],
  }),
  currency: Type.String({
    pattern: '^[A-Z]{3}$',
    description: 'ISO 4217 code of a currency in use.',
    examples: ['EUR'],
  }),
}

/** A product as clients see it. */
export const Product = Type.Object(
  { id: Uuid, ...members, createdAt: Timestamp, updatedAt: Timestamp },
  { title: 'Product' },
)

export type Product = Static<typeof Product>

/** What an order keeps of a product. */
export const ProductPrice = Type.Object(
  { id: Uuid, name: members.name, unitAmount: members.unitAmount, currency: members.currency },
  { title: 'ProductPrice' },
)

export type ProductPrice = Static<typeof ProductPrice>

export const NewProduct = Type.Object(
  { ...members, description: Type.Optional(Text({ ...description, default: '' })) },
  { title: 'NewProduct', additionalProperties: false },
)

export type NewProduct = Static<typeof NewProduct>

/** No defaults in here: they would overwrite what a change leaves out. */
export const ProductChange = Type.Object(
  {
    name: Type.Optional(members.name),
    description: Type.Optional(members.description),
    unitAmount: Type.Optional(members.unitAmount),
    currency: Type.Optional(members.currency),
  },
  { title: 'ProductChange', additionalProperties: false, minProperties: 1 },
)

export type ProductChange = Static<typeof ProductChange>

const currencies = new Set(Intl.supportedValuesOf('currency'))

/** Not part of the schema, where an enum of 160 codes would bury the rest of the contract. */
export function currencyErrors(currency: string | undefined): ErrorDetail[] {
  if (currency === undefined || currencies.has(currency)) return []
  return [{ pointer: '/currency', detail: 'must be the ISO 4217 code of a currency in use' }]
}
