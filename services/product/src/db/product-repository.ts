import type { Database, TextRow } from '@shop/service/database/database'
import { toTimestamp, type WarningLog, warnOfReplacedTimes } from '@shop/service/database/timestamp'
import { NotFoundError } from '@shop/service/errors'
import { decodeCursor } from '@shop/service/paging/cursor'
import { type PageOptions, pageErrors, pageLimits, toPage } from '@shop/service/paging/paging'
import { idErrors, throwIfInvalid } from '@shop/service/validation'
import { v7 as uuidv7 } from 'uuid'
import type { NewProduct, Product, ProductChange, ProductPrice } from '../product.ts'

export type ProductPage = {
  products: Product[]
  /** How many products there are in total. */
  count: number
  /** For the page after this one; null when this is the last. */
  nextCursor: string | null
}

export type ProductRepository = ReturnType<typeof createProductRepository>

/** The scope of cursors: everyone sees the same list. */
const scope = 'products'

/** `logger` receives a warning for rows whose times are not shown as they are stored. */
export function createProductRepository(db: Database, { logger }: { logger?: WarningLog } = {}) {
  return {
    /**
     * Returns a page of the catalogue, newest first, and the total count, in one round trip. Throws
     * ValidationError.
     */
    async listProducts(options: PageOptions = {}): Promise<ProductPage> {
      throwIfInvalid(pageErrors(options))
      const { limit = pageLimits.defaultLimit, offset = 0, cursor } = options
      const after = cursor === undefined ? undefined : decodeCursor(cursor, scope)
      // one row more than the limit shows whether there is a next page
      const listed = await db.queryTexts(
        after
          ? { ...listAfterPosition, values: [limit + 1, after.createdAt, after.id] }
          : { ...listFromOffset, values: [limit + 1, offset] },
      )
      const { rows, count, nextCursor } = toPage(listed, { limit, scope })
      warnOfReplacedTimes(logger, 'products', rows)
      return { products: rows.map(toProduct), count, nextCursor }
    },

    /** Returns the product with this id. Throws NotFoundError, ValidationError. */
    async findProduct(id: string): Promise<Product> {
      throwIfInvalid(idErrors({ id }))
      const [row] = await db.queryTexts({ ...selectProduct, values: [id] })
      if (!row) throw new NotFoundError('product')
      warnOfReplacedTimes(logger, 'products', [row])
      return toProduct(row)
    },

    /** Returns names and prices of those of the products that exist, in any order. Throws ValidationError. */
    async findPrices(ids: readonly string[]): Promise<ProductPrice[]> {
      throwIfInvalid(...ids.map((id) => idErrors({ id })))
      const rows = await db.queryTexts({ ...selectPrices, values: [`{${ids.join()}}`] })
      return rows.map((row) => {
        const [id, name, unitAmount, currency] = row as [string, string, string, string]
        return { id, name, unitAmount: Number(unitAmount), currency }
      })
    },

    /** Stores a product under a new id and returns it; one that cannot be returned is not stored. */
    async createProduct({ name, description = '', unitAmount, currency }: NewProduct): Promise<Product> {
      const values = [uuidv7(), name, description, unitAmount, currency]
      return db.transaction(async (tx) => {
        const [row] = await tx.queryTexts({ ...insertProduct, values })
        return toProduct(row as TextRow)
      })
    },

    /**
     * Changes the given members and returns the product, unless that fails: then nothing changes. Throws
     * NotFoundError, ValidationError.
     */
    async changeProduct(
      id: string,
      { name, description, unitAmount, currency }: ProductChange,
    ): Promise<Product> {
      throwIfInvalid(idErrors({ id }))
      const values = [id, name ?? null, description ?? null, unitAmount ?? null, currency ?? null]
      return db.transaction(async (tx) => {
        const [row] = await tx.queryTexts({ ...updateProduct, values })
        if (!row) throw new NotFoundError('product')
        return toProduct(row)
      })
    },
  }
}

const columns = 'id, created_at, updated_at, name, description, unit_amount, currency'

/**
 * Returns one statement for page and count; $1 is the maximum number of rows. The count is on the left side
 * of the join, so that it is returned even when the page is beyond the end of the list, as one row without a
 * product. A join with one row and no condition is a nested loop, which keeps the order of the page. Counting
 * reads an index of the whole catalogue, some milliseconds for a hundred thousand products.
 */
const listStatement = (page: string) => `
  SELECT page.*, counted.count
  FROM (SELECT count(*)::int AS count FROM products) AS counted
  LEFT JOIN LATERAL (SELECT ${columns} FROM products ${page}) AS page ON true`

const listFromOffset = {
  name: 'list-products-from-offset',
  text: listStatement('ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2'),
}

/**
 * A row comparison lets the index scan start here; the equivalent OR would scan and filter every earlier row.
 */
const listAfterPosition = {
  name: 'list-products-after-position',
  text: listStatement(
    'WHERE (created_at, id) < ($2::timestamptz, $3::uuid) ORDER BY created_at DESC, id DESC LIMIT $1',
  ),
}

const selectProduct = {
  name: 'select-product',
  text: `SELECT ${columns} FROM products WHERE id = $1`,
}

const selectPrices = {
  name: 'select-prices',
  text: 'SELECT id, name, unit_amount, currency FROM products WHERE id = ANY ($1::uuid[])',
}

const insertProduct = {
  name: 'insert-product',
  text: `
    INSERT INTO products (id, name, description, unit_amount, currency)
    VALUES ($1, $2, $3, $4, $5) RETURNING ${columns}`,
}

/**
 * Null leaves a column unchanged, so that simultaneous changes of different members are all kept.
 * clock_timestamp(), because now() is the start of the transaction, before it waited for another change of
 * the row.
 */
const updateProduct = {
  name: 'update-product',
  text: `
    UPDATE products SET
      name = COALESCE($2, name),
      description = COALESCE($3, description),
      unit_amount = COALESCE($4, unit_amount),
      currency = COALESCE($5, currency),
      updated_at = clock_timestamp()
    WHERE id = $1 RETURNING ${columns}`,
}

/** The texts of `columns`, in the same order. */
type ProductTexts = [
  id: string,
  createdAt: string,
  updatedAt: string,
  name: string,
  description: string,
  unitAmount: string,
  currency: string,
]

function toProduct(row: TextRow): Product {
  const [id, createdAt, updatedAt, name, description, unitAmount, currency] = row as ProductTexts
  return {
    id,
    name,
    description,
    unitAmount: Number(unitAmount),
    currency,
    createdAt: toTimestamp(createdAt),
    updatedAt: toTimestamp(updatedAt),
  }
}
