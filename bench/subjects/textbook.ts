import { orderNumber } from '@shop/order/order-number'
import { authenticate } from '@shop/service/auth/authenticate'
import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { authSettings } from '@shop/service/auth/settings'
import { integer, readConfig } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { createLogger } from '@shop/service/logger'
import Fastify from 'fastify'
import pg from 'pg'

// GET /orders as in a good textbook: a pool, one query for the page and one for the count, a response schema.

const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 1, max: 65_535 }),
  databaseUrl: databaseSettings.databaseUrl,
  ...authSettings,
}

const config = readConfig(settings, process.env)
// amounts are bigints, which are exact in JavaScript's numbers up to 2^53
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
const pool = new pg.Pool({ connectionString: config.databaseUrl })
const app = Fastify({ logger: true })
app.decorateRequest('user')
app.addHook(
  'onRequest',
  authenticate(createConfiguredVerifier(config, createLogger({ name: 'textbook', level: 'warn' }))),
)

const string = { type: 'string' }
const wholeNumber = { type: 'integer' }
const time = { type: 'string', format: 'date-time' }

const schema = {
  querystring: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      offset: { type: 'integer', minimum: 0, default: 0 },
    },
  },
  response: {
    200: {
      type: 'object',
      properties: {
        data: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              id: string,
              number: string,
              userId: string,
              productId: string,
              productName: string,
              itemCount: wholeNumber,
              totalAmount: wholeNumber,
              refundedAmount: wholeNumber,
              currency: string,
              status: string,
              version: wholeNumber,
              createdAt: time,
              updatedAt: time,
            },
          },
        },
        meta: {
          type: 'object',
          properties: { count: wholeNumber, limit: wholeNumber, offset: wholeNumber },
        },
      },
    },
  },
}

const listOrders = `
  SELECT id, user_id AS "userId", product_id AS "productId", product_name AS "productName", item_count AS "itemCount",
    total_amount AS "totalAmount", refunded_amount AS "refundedAmount", currency, status, version,
    created_at AS "createdAt", updated_at AS "updatedAt"
  FROM orders WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3`

const countOrders = 'SELECT count(*)::int AS count FROM orders WHERE user_id = $1'

app.get<{ Querystring: { limit: number; offset: number } }>('/orders', { schema }, async (request) => {
  const { limit, offset } = request.query
  const [page, counted] = await Promise.all([
    pool.query(listOrders, [request.user.id, limit, offset]),
    pool.query(countOrders, [request.user.id]),
  ])
  const data = page.rows.map((row) => ({ ...row, number: orderNumber(row.id) }))
  return { data, meta: { count: counted.rows[0].count, limit, offset } }
})

await app.listen({ port: config.port, host: '127.0.0.1' })
