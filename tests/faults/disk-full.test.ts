import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { statusOf } from '@shop/commands/status-of'
import { cleanUp } from '../kit/clean-up.ts'
import { send } from './harness/answers.ts'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { startPostgres } from './harness/postgres.ts'
import { startShop } from './harness/shop.ts'
import { startTraffic } from './harness/traffic.ts'

/** Room for a new cluster, some more WAL, and what the test writes. */
const diskMiB = 192
const fullMs = quick ? 2000 : 5000

const folder = await mkdtemp(join(tmpdir(), 'faults-disk-'))
const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m,mode=755`, 'tmpfs', folder])
const skip = mount.status === 0 ? false : 'no small disk can be mounted here, which takes Linux and root'
if (skip) await rmdir(folder)
// if the test is interrupted, nothing else would unmount it
else process.once('exit', () => spawnSync('umount', ['--lazy', folder]))

test('while the disk of the database is full', { skip }, async (t) => {
  cleanUp(t, async () => {
    await promisify(execFile)('umount', [folder])
    await rmdir(folder)
  })
  const postgres = await startPostgres(t, folder)
  const shop = await startShop(t, { postgres })
  const prober = await shop.newShopper()
  const { owner } = postgres

  await t.test(
    'reads continue, writes are refused, and everything recovers when there is room again',
    async (t) => {
      const traffic = await startTraffic(shop)
      await setTimeout(500)
      const ballast = await fill(t, folder)
      await untilRefused(shop.order.url, prober.token, shop.products[0]?.id)
      const placedBefore = traffic.acknowledged.length
      for (const until = performance.now() + fullMs; performance.now() < until; await setTimeout(100)) {
        const list = await send(`${shop.order.url}/orders`, { token: prober.token })
        assert.equal(list.status, 200, list.body)
      }
      t.diagnostic(`${traffic.acknowledged.length - placedBefore} orders found room while the disk was full`)
      assert.equal(await statusOf(`${shop.order.url}/readyz`), 200)
      const logged = (await shop.order.log()).length
      await ballast.remove()
      const healedMs = [await untilHealed(shop, prober, performance.now())]
      assert.ok((await shop.order.log()).length > logged, 'it logs again')
      await conclude(t, { shop, traffic, fault: 'disk full', healedMs })
    },
  )

  await t.test('PostgreSQL gives up when its log (WAL) finds no room; nothing is lost', async (t) => {
    const traffic = await startTraffic(shop)
    await setTimeout(500)
    const ballast = await fill(t, folder)
    // uses up the log files that were created in advance
    while (await postgres.isUp()) {
      await owner
        .query({
          text: `SELECT pg_switch_wal(), pg_logical_emit_message(false, 'fill', repeat('x', 100000))`,
        })
        .catch(() => undefined)
    }
    for (const service of [shop.order, shop.product]) {
      assert.equal(await statusOf(`${service.url}/healthz`), 200)
      assert.equal(await statusOf(`${service.url}/readyz`), 503)
    }
    await setTimeout(fullMs)
    await ballast.remove()
    // it may have shut down: its operator starts it again
    await postgres.kill()
    await postgres.start()
    const healedMs = [await untilHealed(shop, prober, performance.now())]
    await conclude(t, { shop, traffic, fault: 'disk full, PostgreSQL gives up', healedMs })
  })
})

/** Places orders until one fails for lack of room. */
async function untilRefused(url: string, token: string, productId: string | undefined) {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; ) {
    const answer = await send(`${url}/orders`, { token, json: { productId } })
    if (answer.status === 201) continue
    assert.equal(answer.status, 503, answer.body)
    return
  }
  assert.fail('orders always found room')
}

/** Fills the folder's disk to the last byte. */
async function fill(t: TestContext, folder: string) {
  const path = join(folder, 'ballast')
  const remove = () => rm(path, { force: true })
  cleanUp(t, remove)
  const file = await open(path, 'a')
  await chmod(path, 0o600)
  const isFull = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error
    return true
  }
  for (const size of [1 << 20, 1 << 12]) {
    while (!(await file.appendFile(Buffer.alloc(size)).then(() => false, isFull)));
  }
  await file.close()
  return { remove }
}
