import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '@shop/commands/ports'
import { insertLargeOrders, openExport, readExport } from '../kit/export-reader.ts'
import { startNginx, withoutNginx } from '../kit/nginx.ts'
import { startServiceProcess } from '../kit/service-process.ts'
import { quick, record } from './harness/fault.ts'
import { startShop } from './harness/shop.ts'

const gatewayMain = join(import.meta.dirname, '../../gateway/src/main.ts')

const orderCount = 4000

test('an export that breaks off looks broken through each gateway, and later arrives complete', async (t) => {
  const shop = await startShop(t)
  const shopper = await shop.newShopper()
  await shop.postgres.owner.query({ text: insertLargeOrders(shopper.id, orderCount) })
  const port = (url: string) => Number(new URL(url).port)
  const ports = {
    user: port(shop.user.url),
    product: port(shop.product.url),
    order: port(shop.order.url),
    // nothing listens there
    relay: await freePort(),
  }
  const upstreams = {
    USER_SERVICE_URL: shop.user.url,
    PRODUCT_SERVICE_URL: shop.product.url,
    ORDER_SERVICE_URL: shop.order.url,
    RELAY_SERVICE_URL: `http://127.0.0.1:${ports.relay}`,
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
      for (const [fault, inflict] of Object.entries(faults).slice(0, quick ? 1 : undefined)) {
        const response = await openExport(url, shopper.token)
        const mend = await inflict()
        const broken = await readExport(response)
        await mend()
        const whole = await readExport(await openExport(url, shopper.token))
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
