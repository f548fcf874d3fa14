import type { CallerProfile } from '@shop/service/auth/caller-profile'
import { toArrayLiteral } from '@shop/service/database/array-literal'
import type { TextQueryable } from '@shop/service/database/database'
import type { Product } from '../clients/product-client.ts'

/** A user as the token has it. */
export type TokenUser = CallerProfile & { id: string }

/** Makes the rows of those users who have none, in one statement. */
export async function ensureUsers(db: TextQueryable, users: readonly TokenUser[]): Promise<void> {
  const rows = inOneSequence(users)
  const column = (of: (user: TokenUser) => string | null) => toArrayLiteral(rows.map(of))
  await db.queryTexts({
    ...ensureUserRows,
    values: [
      column(({ id }) => id),
      column(({ email }) => email ?? null),
      column(({ name }) => name ?? null),
    ],
  })
}

/** Makes the rows of those products that have none, in one statement. */
export async function ensureProducts(db: TextQueryable, products: readonly Product[]): Promise<void> {
  const rows = inOneSequence(products)
  const column = (of: (product: Product) => string | number) => toArrayLiteral(rows.map(of))
  await db.queryTexts({
    ...ensureProductRows,
    values: [
      column(({ id }) => id),
      column(({ name }) => name),
      column(({ unitAmount }) => unitAmount),
      column(({ currency }) => currency),
    ],
  })
}

/** Each once, sorted by id: two statements that make the same rows then never wait for each other. */
function inOneSequence<Row extends { id: string }>(rows: readonly Row[]): Row[] {
  const byId = new Map(rows.map((row) => [row.id.toLowerCase(), row]))
  return [...byId.keys()].sort().map((id) => byId.get(id) as Row)
}

const ensureUserRows = {
  name: 'ensure-users',
  text: `SELECT ensure_user(id, email, name)
    FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given (id, email, name)`,
}

const ensureProductRows = {
  name: 'ensure-products',
  text: `SELECT ensure_product(id, name, unit_amount, currency)
    FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[]) AS given (id, name, unit_amount, currency)`,
}
