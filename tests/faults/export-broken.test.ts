import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cleanUp } from '../kit/clean-up.ts'
import { startNginx, withoutNginx } from '../kit/nginx.ts'
import { startServiceProcess } from '../kit/service-process.ts'
import { record } from './harness/fault.ts'
import { type Shop, type Shopper, startShop } from './harness/shop.ts'

const gatewayMain = join(import.meta.dirname, '../../gateway/src/main.ts')

/** Together about 60 MB: more than all buffers between the service and a client hold. */
const orderCount = 4000
const noteLength = 15_000

test('an export that breaks off looks broken through each gateway, and later arrives complete', async (t) => {
  const shop = await startShop(t)
  const shopper = await shop.newShopper()
  await giveLargeOrders(shop, shopper)
  const upstreams = {
    USER_SERVICE_URL: shop.user.url,
    PRODUCT_SERVICE_URL: shop.product.url,
    ORDER_SERVICE_URL: shop.order.url,
  }
  const port = (url: string) => Number(new URL(url).port)
  const ports = {
    user: port(shop.user.url),
    product: port(shop.product.url),
    order: port(shop.order.url),
  }
  const gateways = {
    'the gateway of npm start': (t: TestContext) => startServiceProcess(t, gatewayMain, upstreams),
    nginx: (t: TestContext) => startNginx(t, { ports }),
  }
  const faults = {
    'the order service is killed': async () => {
      await shop.order.end('SIGKILL')
      return () => shop.order.start().then(() => shop.order.untilReady())
    },
    'PostgreSQL is killed': async () => {
      await shop.postgres.kill()
      return () => shop.postgres.start().then(() => shop.order.untilReady())
    },
  }

  for (const [gateway, start] of Object.entries(gateways)) {
    await t.test(gateway, { skip: gateway === 'nginx' && withoutNginx }, async (t) => {
      const { url } = await start(t)
      for (const [fault, inflict] of Object.entries(faults)) {
        const response = await open(t, url, shopper)
        await once(response, 'readable')
        const mend = await inflict()
        const broken = await read(response)
        await mend()
        const whole = await read(await open(t, url, shopper))
        record(t, {
          fault: `${fault} during an export, ${gateway}`,
          requests: 2,
          acknowledged: Number(whole.isWhole),
          lost: orderCount - whole.orders,
          doubled: 0,
          wrong: Number(broken.isWhole),
        })
        assert.equal(broken.isWhole, false)
        assert.ok(broken.orders > 0 && broken.orders < orderCount, `${broken.orders} orders had arrived`)
        assert.deepEqual(whole, { isWhole: true, orders: orderCount })
      }
    })
  }
})

async function giveLargeOrders({ postgres, products }: Shop, { id }: Shopper) {
  await postgres.owner.query({
    text: `INSERT INTO orders (id, user_id, product_id, product_name, quantity, unit_amount, currency, metadata)
           SELECT gen_random_uuid(), $1, $2, 'Thing', 1, 1250, 'EUR', jsonb_build_object('note', repeat('x', $3::int))
           FROM generate_series(1, $4::int)`,
    values: [id, products[0]?.id, noteLength, orderCount],
  })
}

/** Resolves to the answer as soon as its headers are there. Its body is not read. */
async function open(t: TestContext, url: string, { token }: Shopper): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${token}` }
  const request = get(`${url}/orders/export`, { headers, agent: false })
  cleanUp(t, () => request.destroy())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  assert.equal(response.statusCode, 200)
  return response
}

/** Reads the rest of an answer, with pauses, and counts its complete lines. */
async function read(response: IncomingMessage): Promise<{ isWhole: boolean; orders: number }> {
  let orders = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === 10) orders++
      await setTimeout(0)
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET')
  }
  return { isWhole: response.complete, orders }
}
