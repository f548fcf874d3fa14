import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { type ServiceProcess, startServiceProcess } from '@shop/tests/kit/service-process'
import { until } from '@shop/tests/kit/until'
import { feedFaults } from './feed-faults.ts'
import { insertShop, place } from './orders.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname
const newEpoch = new URL('../src/new-epoch.ts', import.meta.url).pathname

const start = (t: TestContext, database: TestDatabase) =>
  startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('relay_service'),
    AUTH_ISSUER: 'https://issuer.test',
    AUTH_AUDIENCE: 'shop',
    AUTH_SECRET: 'a secret of at least 32 characters',
    DRAIN_DELAY_MS: '0',
    // more than a busy machine needs
    DATABASE_CONNECT_TIMEOUT_MS: '20000',
    DATABASE_QUERY_TIMEOUT_MS: '20000',
  })

async function metric({ url }: ServiceProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])
}

test('of two relays one works; when it stops, the other takes over', async (t) => {
  const database = await createTestDatabase('relay_service')
  t.after(() => database.drop())
  const shop = await insertShop(database)
  const first = await start(t, database)
  await until(async () => (await metric(first, 'relay_holds_lease')) === 1)
  const second = await start(t, database)
  const isMoved = async () =>
    (await database.owner.query({ text: 'SELECT FROM order_events_pending' })).length === 0

  await place(database.owner, shop)
  await until(isMoved)
  await until(async () => (await metric(first, 'relay_positions_total')) === 1)
  assert.deepEqual(
    [await metric(second, 'relay_holds_lease'), await metric(second, 'relay_positions_total')],
    [0, 0],
  )

  assert.equal(await first.stop(), 'exit code 0')
  const [state] = await database.owner.query<{ isFree: boolean }>({
    text: `SELECT lease_until = '-infinity' OR token > 1 AS "isFree" FROM relay_state`,
  })
  assert.equal(state?.isFree, true)
  await place(database.owner, shop)
  await until(isMoved)
  assert.equal(await metric(second, 'relay_holds_lease'), 1)
  assert.deepEqual(await feedFaults(database.owner), [])
  for (const { output } of [first, second]) assert.doesNotMatch(output(), /"level":"(?:error|fatal)"/)
})

test('the backlog and its age are measured, whether or not the process works', async (t) => {
  const database = await createTestDatabase('relay_service')
  t.after(() => database.drop())
  const shop = await insertShop(database)
  await database.owner.query({
    text: `INSERT INTO relay_state (epoch, fingerprint, holder, lease_until) VALUES ('', '', gen_random_uuid(), 'infinity')`,
  })
  const relay = await start(t, database)
  await place(database.owner, shop, { at: '2026-01-01' })
  await until(async () => (await metric(relay, 'relay_backlog_events')) === 1)
  assert.ok((await metric(relay, 'relay_lag_seconds')) > 86_400)
  assert.equal(await metric(relay, 'relay_holds_lease'), 0)
})

test('the command begins a new epoch', async (t) => {
  const database = await createTestDatabase('relay_service')
  t.after(() => database.drop())
  const run = () => {
    const { PATH } = process.env
    const env = { PATH, DATABASE_URL: database.urlOf('owner') }
    const { status, stdout, stderr } = spawnSync(process.execPath, [newEpoch], { env, encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''])
    return stdout
  }
  assert.match(run(), /^the relay has not run in this database/)
  await database.owner.query({
    text: `INSERT INTO relay_state (epoch, fingerprint, lease_until) VALUES ('', '', '-infinity')`,
  })
  const output = run()
  const [state] = await database.owner.query<{ epoch: string }>({ text: 'SELECT epoch FROM relay_state' })
  assert.equal(output, `the feed is in epoch ${state?.epoch}\n`)
  assert.match(state?.epoch ?? '', /^[0-9a-f]{8}$/)
})
