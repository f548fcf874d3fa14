import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { accessSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { feedFaults } from '@shop/relay/test/feed-faults'
import { send } from './harness/answers.ts'
import { conclude } from './harness/fault.ts'
import { type Postgres, startPostgres } from './harness/postgres.ts'
import type { ServiceProcess } from './harness/service-process.ts'
import { type Shop, type Shopper, startShop } from './harness/shop.ts'
import { startTraffic } from './harness/traffic.ts'

// pg_dump must not be older than the server, so the server is of the installed version too.

const debian = '/usr/lib/postgresql'
const programs = [
  process.env.POSTGRES_BIN_DIR ?? '',
  ...entries(debian).map((version) => join(debian, version, 'bin')),
].find((folder) => entries(folder).includes('pg_restore') && entries(folder).includes('initdb'))
if (programs) process.env.POSTGRES_BIN_DIR = programs

const root = join(import.meta.dirname, '../..')
const documentation = readFileSync(join(root, 'docs/operations.md'), 'utf8')

function entries(folder: string): string[] {
  try {
    accessSync(folder)
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Runs the command that the documentation has for this program, against another server than that of Compose. */
async function runDocumented(program: string, { url, folder }: Pick<Postgres, 'url' | 'folder'>) {
  const command = new RegExp(`^ +docker compose exec -T postgres (${program} .*)$`, 'm').exec(
    documentation,
  )?.[1]
  assert.ok(command, `docs/operations.md has no command with ${program}`)
  const { hostname, port, password } = new URL(url)
  const env = {
    PATH: `${programs}:${process.env.PATH}`,
    PGHOST: hostname,
    PGPORT: port,
    PGPASSWORD: password,
  }
  await promisify(execFile)('sh', ['-c', command], { cwd: folder, env })
}

type Page = { data: { id: string; sequence: string }[]; meta: { next: string; count: number } }

/** Reads all events after a cursor. */
async function readFeed(relay: ServiceProcess, { token }: Shopper, after?: string) {
  const events: Page['data'] = []
  for (let next = after; ; ) {
    const query = next === undefined ? '' : `&after=${next}`
    const { status, body } = await send(`${relay.url}/admin/events?limit=1000${query}`, { token })
    assert.equal(status, 200, body)
    const { data, meta }: Page = JSON.parse(body)
    events.push(...data)
    next = meta.next
    if (data.length === 0) return { events, next }
  }
}

async function placeOrders(shop: Shop, relay: ServiceProcess) {
  const traffic = await startTraffic(shop, { writers: 3, readers: 0 })
  await setTimeout(1500)
  await traffic.stop()
  const isDone = async () => /^relay_backlog_events 0$/m.test((await send(`${relay.url}/metrics`)).body)
  // it is measured every five seconds
  await setTimeout(5500)
  assert.ok(await isDone(), 'events are left without a position')
  return traffic
}

test("after yesterday's dump is restored, consumers are told, and no id means two things", {
  skip: !programs && 'PostgreSQL with pg_dump is not installed here',
}, async (t) => {
  const shop = await startShop(t)
  const relay = await shop.startRelay()
  const operator = await shop.newOperator()
  await placeOrders(shop, relay)
  const dumped = await readFeed(relay, operator)
  await runDocumented('pg_dump', shop.postgres)
  await placeOrders(shop, relay)
  const seen = await readFeed(relay, operator, dumped.next)
  assert.ok(dumped.events.length > 10 && seen.events.length > 10)
  await relay.end('SIGKILL')

  const restored = await startPostgres(t)
  await runDocumented('pg_restore', { url: restored.url, folder: shop.postgres.folder })
  const again = await startShop(t, { postgres: restored })
  const relayAgain = await again.startRelay()
  const traffic = await placeOrders(again, relayAgain)
  await conclude(t, { shop: again, traffic, fault: "yesterday's dump restored", healedMs: [] })
  assert.deepEqual(await feedFaults(restored.owner), [])

  const assertTold = async (cursor: string) => {
    const { status, body } = await send(`${relayAgain.url}/admin/events?after=${cursor}`, operator)
    const { code, first, latest } = JSON.parse(body)
    assert.deepEqual([status, code], [409, 'cursor_of_another_epoch'])
    return { first, latest } as { first: string; latest: string }
  }
  for (const cursor of [dumped.next, seen.next]) await assertTold(cursor)
  const { first } = await assertTold(seen.next)
  const now = await readFeed(relayAgain, operator, first)
  assert.deepEqual(now.events.slice(0, dumped.events.length), dumped.events)
  const lost = new Set(seen.events.map(({ id }) => id))
  assert.deepEqual(
    now.events.filter(({ id }) => lost.has(id)),
    [],
  )
  // the same positions have other events
  assert.equal(now.events[dumped.events.length]?.sequence, seen.events[0]?.sequence)

  // what is documented for a copy of the files, which looks like the original
  await relayAgain.end('SIGKILL')
  assert.match(documentation, /npm run relay:new-epoch/)
  const env = { PATH: process.env.PATH, DATABASE_URL: restored.url }
  await promisify(execFile)('npm', ['run', 'relay:new-epoch'], { cwd: root, env })
  await relayAgain.start()
  const { latest } = await assertTold(now.next)
  assert.deepEqual((await readFeed(relayAgain, operator, latest)).events, [])
})
