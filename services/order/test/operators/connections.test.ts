import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startServiceProcess } from '@shop/tests/kit/service-process'
import { asUser, testAuth, testKeySet } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { insertUser } from '../app.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

test("operators' long reads leave the shoppers' connections free, and have at most two of their own", async (t) => {
  const issuer = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(testKeySet))
  })
  issuer.listen(0, '127.0.0.1')
  cleanUp(t, () => issuer.close())
  await once(issuer, 'listening')
  const issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`
  const database = await createTestDatabase('order_service')
  cleanUp(t, () => database.drop())
  // a read waits for as long as the test wants
  await database.owner.query({
    text: `ALTER ROLE order_service IN DATABASE ${new URL(database.urlOf('owner')).pathname.slice(1)} SET lock_timeout = '60s'`,
  })
  const { url } = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('order_service'),
    DATABASE_POOL_SIZE: '3',
    DATABASE_CONNECT_TIMEOUT_MS: '20000',
    DATABASE_QUERY_TIMEOUT_MS: '60000',
    AUTH_JWKS_URL: issuerUrl,
    AUTH_ISSUER: testAuth.authIssuer,
    AUTH_AUDIENCE: testAuth.authAudience,
    PRODUCT_SERVICE_URL: issuerUrl,
    DRAIN_DELAY_MS: '0',
  })
  const [operator, shopper] = [await asUser(uuidv7(), 'admin'), await asUser(await insertUser(database))]
  const get = (path: string, headers: Record<string, string>) => fetch(url + path, { headers })
  const blocked = async () => {
    const [row] = await database.owner.query<{ count: number }>({
      text: `SELECT count(*)::int AS count FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'order_service' AND wait_event_type = 'Lock'`,
    })
    return row?.count ?? 0
  }

  const days = ['01', '02', '03', '04', '05', '06'].map((day) => `from=2026-01-${day}&to=2026-02-01`)
  let reads: Promise<Response>[] = []
  await database.owner.transaction(async (tx) => {
    // shoppers' lists do not read this table
    await tx.query({ text: 'LOCK TABLE order_events IN ACCESS EXCLUSIVE MODE' })
    reads = days.map((range) => get(`/admin/stats?${range}`, operator))
    while ((await blocked()) < 2);
    // in the pipeline, and in the pool
    for (const path of ['/orders', '/orders?offset=500', '/readyz'])
      assert.equal((await get(path, shopper)).status, 200, path)
    assert.equal(await blocked(), 2)
  })
  assert.deepEqual(
    (await Promise.all(reads)).map(({ status }) => status),
    days.map(() => 200),
  )
})
