import { createHash, randomUUID } from 'node:crypto'
import { authenticate } from '@shop/service/auth/authenticate'
import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { authSettings } from '@shop/service/auth/settings'
import { integer, readConfig, url } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { createLogger } from '@shop/service/logger'
import Fastify from 'fastify'
import pg from 'pg'
import { Agent, request } from 'undici'
import { v7 as uuidv7 } from 'uuid'

// POST /orders as it is usually written: fetch the product, then one transaction on a connection of a pool, a statement
// for each table. Its tables have the columns and indexes of the service's, but no guards and no counts.

const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 1, max: 65_535 }),
  databaseUrl: databaseSettings.databaseUrl,
  productServiceUrl: url('PRODUCT_SERVICE_URL', { meaning: 'The product service', protocols: ['http:'] }),
  ...authSettings,
}

const config = readConfig(settings, process.env)
const pool = new pg.Pool({ connectionString: config.databaseUrl, max: 20 })
const dispatcher = new Agent({ connections: 64 })
const app = Fastify({ logger: true })
app.decorateRequest('user')
app.addHook(
  'onRequest',
  authenticate(createConfiguredVerifier(config, createLogger({ name: 'usual-way', level: 'warn' }))),
)

const string = { type: 'string' }
const wholeNumber = { type: 'integer' }

const schema = {
  headers: { type: 'object', properties: { 'idempotency-key': string } },
  body: {
    type: 'object',
    required: ['productId'],
    properties: {
      productId: { type: 'string', format: 'uuid' },
      quantity: { type: 'integer', minimum: 1, maximum: 999, default: 1 },
    },
  },
  response: {
    201: {
      type: 'object',
      properties: {
        id: string,
        userId: string,
        status: string,
        itemCount: wholeNumber,
        totalAmount: wholeNumber,
        currency: string,
        createdAt: { type: 'string', format: 'date-time' },
        items: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              productId: string,
              productName: string,
              quantity: wholeNumber,
              unitAmount: wholeNumber,
            },
          },
        },
      },
    },
  },
}

type Product = { id: string; name: string; unitAmount: number; currency: string }

async function fetchProduct(id: string): Promise<Product> {
  const { statusCode, body } = await request(`${config.productServiceUrl}/products/${id}`, { dispatcher })
  const answer = await body.json()
  if (statusCode !== 200) throw new Error(`the product service answered ${statusCode}`)
  return answer as Product
}

const insertKey = {
  name: 'key',
  text: `INSERT INTO bench.usual_keys (user_id, key, fingerprint, order_id, expires_at)
    VALUES ($1, $2, $3, $4, now() + interval '24 hours') ON CONFLICT (user_id, key) DO NOTHING`,
}
const insertOrder = {
  name: 'order',
  text: `INSERT INTO bench.usual_orders (id, user_id, product_id, product_name, item_count, total_amount, currency)
    VALUES ($1, $2, $3, $4, 1, $5, $6) RETURNING created_at`,
}
const insertItem = {
  name: 'item',
  text: `INSERT INTO bench.usual_items
      (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
    VALUES ($1, $2, 1, $3, $4, $5, $6, $7)`,
}
const insertEvent = {
  name: 'event',
  text: `INSERT INTO bench.usual_events (id, user_id, order_id, version, type, status, actor, at)
    VALUES ($1, $2, $3, 1, 'placed', 'pending', $4, $5)`,
}

type NewOrder = {
  userId: string
  product: Product
  quantity: number
  key: string | undefined
  fingerprint: Buffer
}

async function storeOrder(client: pg.PoolClient, { userId, product, quantity, key, fingerprint }: NewOrder) {
  const id = uuidv7()
  if (key !== undefined) {
    const { rowCount } = await client.query({ ...insertKey, values: [userId, key, fingerprint, id] })
    if (rowCount === 0) throw Object.assign(new Error('this key was used before'), { statusCode: 409 })
  }
  const { name, unitAmount, currency } = product
  const total = quantity * unitAmount
  const order = await client.query<{ created_at: Date }>({
    ...insertOrder,
    values: [id, userId, product.id, name, total, currency],
  })
  const createdAt = order.rows[0]?.created_at as Date
  await client.query({
    ...insertItem,
    values: [userId, id, product.id, name, quantity, unitAmount, createdAt],
  })
  await client.query({
    ...insertEvent,
    values: [randomUUID(), userId, id, { id: userId, role: 'customer' }, createdAt],
  })
  const items = [{ productId: product.id, productName: name, quantity, unitAmount }]
  return { id, userId, status: 'pending', itemCount: 1, totalAmount: total, currency, createdAt, items }
}

async function inTransaction<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

type Placing = { Body: { productId: string; quantity: number }; Headers: { 'idempotency-key'?: string } }

app.post<Placing>('/orders', { schema }, async ({ body, headers, user }, reply) => {
  const { productId, quantity } = body
  const product = await fetchProduct(productId)
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest()
  const key = headers['idempotency-key']
  const order = await inTransaction((client) =>
    storeOrder(client, { userId: user.id, product, quantity, key, fingerprint }),
  )
  reply.code(201).header('location', `/orders/${order.id}`)
  return order
})

app.get('/readyz', async () => ({ status: 'ok' }))

await app.listen({ port: config.port, host: '127.0.0.1' })
