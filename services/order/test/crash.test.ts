import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { startProxy } from '@shop/tests/kit/network/proxy'
import { type ServiceProcess, startServiceProcess } from '@shop/tests/kit/service-process'
import { asUser, testAuth, testKeySet } from '@shop/tests/kit/tokens'
import { insertProduct, insertUser } from './app.ts'

let database: TestDatabase
let replica: ServiceProcess
let me: string
let productId: string
const over = new AbortController()
const lifetime = { after: (work: () => unknown) => over.signal.addEventListener('abort', () => void work()) }
const main = new URL('../src/main.ts', import.meta.url).pathname

/** Stands in for the Product service and the token issuer. */
const neighbour = createServer((request, response) => {
  const isProduct = request.url?.startsWith('/products/')
  if (isProduct) onProductAsked()
  const product = { id: productId, name: 'Kettle', unitAmount: 4900, currency: 'EUR' }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(isProduct ? { data: [product] } : testKeySet))
})
let onProductAsked = () => {}

before(async () => {
  neighbour.listen(0, '127.0.0.1')
  await once(neighbour, 'listening')
  database = await createTestDatabase('order_service')
  me = await insertUser(database)
  productId = await insertProduct(database)
  replica = await start(database.urlOf('order_service'))
})
after(async () => {
  over.abort()
  neighbour.close()
  neighbour.closeAllConnections()
  await database.drop()
})

test('killed at any message to or from the database, with the request repeated elsewhere, it has placed one order', async () => {
  const replayed: boolean[] = []
  // two start while another is killed, because starting takes most of the time
  let [next, afterNext] = [startVictim(), startVictim()]
  for (let n = 1; ; n++) {
    const [victim, key] = [await next, `message-${n}`]
    ;[next, afterNext] = [afterNext, startVictim()]
    victim.proxy.stopAtChunk(n, victim.kill)
    const answer = await place(victim, key).catch(() => undefined)
    replayed.push(await checkPlacedOnce(key))
    if (answer) break
  }
  await Promise.all([next, afterNext])
  assert.deepEqual([replayed[0], replayed.at(-1)], [false, true])
  // one statement and its answer
  assert.ok(replayed.length > 2, `it was killed at ${replayed.length - 1} messages only`)
})

test('killed while it fetches the product', async () => {
  const victim = await startVictim()
  onProductAsked = victim.kill
  await assert.rejects(place(victim, 'product'))
  onProductAsked = () => {}
  assert.equal(await checkPlacedOnce('product'), false)
})

function start(databaseUrl: string) {
  const { port } = neighbour.address() as AddressInfo
  return startServiceProcess(lifetime, main, {
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '1',
    AUTH_JWKS_URL: `http://127.0.0.1:${port}/keys`,
    AUTH_ISSUER: testAuth.authIssuer,
    AUTH_AUDIENCE: testAuth.authAudience,
    PRODUCT_SERVICE_URL: `http://127.0.0.1:${port}`,
  })
}

/** Starts another replica, with its two database connections already open, through its own proxy. */
async function startVictim() {
  const proxy = await startProxy(lifetime, database.urlOf('order_service'))
  const service = await start(proxy.url)
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
  assert.equal((await fetch(`${service.url}/orders`, { headers: await asUser(me) })).status, 200)
  return { ...service, proxy }
}

async function place({ url }: ServiceProcess, key: string) {
  const response = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { ...(await asUser(me)), 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ productId, quantity: 2 }),
  })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

/** Repeats the request like a client that got no answer, until it is no longer in progress. */
async function placeAgain(key: string) {
  const deadline = Date.now() + 5000
  for (;;) {
    const answer = await place(replica, key)
    if (answer.status !== 409 || Date.now() > deadline) return answer
    await setTimeout(20)
  }
}

const keys: string[] = []

/** Whether the order was already stored. */
async function checkPlacedOnce(key: string): Promise<boolean> {
  keys.push(key)
  const answer = await placeAgain(key)
  assert.equal(answer.status, 201, answer.body)
  const location = String(answer.headers.get('location'))
  const [order, { meta }] = await Promise.all([get(location), get('/orders?limit=1')])
  assert.deepEqual(order, JSON.parse(answer.body))
  const [row] = await database.owner.query<{ count: number }>({ text: 'SELECT count(*)::int FROM orders' })
  assert.equal(row?.count, keys.length)
  assert.equal(meta.count, keys.length)
  return answer.headers.has('idempotent-replayed')
}

async function get(path: string) {
  const response = await fetch(replica.url + path, { headers: await asUser(me) })
  return JSON.parse(await response.text())
}
