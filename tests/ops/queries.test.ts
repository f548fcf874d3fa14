import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freePort } from '@shop/commands/ports'
import { startProcess } from '@shop/commands/processes'
import { statusOf } from '@shop/commands/status-of'
import { cleanUp } from '../kit/clean-up.ts'
import { until } from '../kit/until.ts'
import { groupingLabels, type Series, selectorsOf, seriesOf } from './metrics.ts'
import { type Shop, startShop } from './shop.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const services = ['user', 'product', 'order', 'relay'] as const
const withoutPrometheus =
  spawnSync('prometheus', ['--version']).error !== undefined && 'prometheus is not installed here'

type Panel = { title: string; targets?: { expr: string }[] }
const panels = (JSON.parse(read('ops/dashboard.json')) as { panels: Panel[] }).panels
const dashboard = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
const alerts = [...read('ops/alerts.yml').matchAll(/^ +expr: (?:>-\n((?: {10,}.*\n)+)|(.*)\n)/gm)].map(
  ([, folded, plain]) => (folded ?? plain ?? '').replace(/\s+/g, ' '),
)

const ends: (() => unknown)[] = []
const lifetime = { after: (end: () => unknown) => ends.push(end) }
after(async () => {
  for (const end of ends) await end()
})

let shop: Shop
let prometheus: string | undefined
let me: Record<string, string>
let series: Series[]

const place = async () => (await shop.call('/orders', me, { productId: shop.productId })).status

before(async () => {
  const closedPort = await freePort()
  const events = {
    BROKER_URL: `nats://127.0.0.1:${closedPort}`,
    WEBHOOK_ENCRYPTION_KEY: Buffer.alloc(32, 'test').toString('base64'),
    WEBHOOK_ALLOW: '127.0.0.0/8',
    WEBHOOK_ALLOW_HTTP: 'true',
  }
  // a breaker that opens soon
  const calls = { UPSTREAM_BREAKER_THRESHOLD: '1', MAX_WRITES: '1' }
  const env: Record<string, Record<string, string>> = { relay: events, order: calls }
  shop = await startShop(lifetime, (name) => env[name] ?? {})
  if (!withoutPrometheus) prometheus = await startPrometheus()
  me = await shop.newUser()
  await useEverything(`http://127.0.0.1:${closedPort}/`)
  await untilMeasured()
  series = await scrape(services)
  // the rest of what can be seen
  await shop.product.stop()
  assert.deepEqual([await place(), await place()], [503, 503])
  series.push(...(await scrape(['order'])))
})

const scrape = async (names: readonly (typeof services)[number][]): Promise<Series[]> => {
  const texts = names.map(async (name) => {
    const response = await fetch(`${shop[name].url}/metrics`)
    return seriesOf(name, await response.text())
  })
  return (await Promise.all(texts)).flat()
}

/** The relay measures its webhooks every 15 seconds. */
const untilMeasured = () =>
  until(async () => (await scrape(['relay'])).some(({ name }) => name === 'relay_webhook_lag_seconds'), {
    limitMs: 40_000,
    everyMs: 500,
  })

/** Makes each service report everything that it can report. */
async function useEverything(deadUrl: string) {
  const operator = await shop.newUser('admin')
  const webhook = await shop.call('/admin/webhooks', operator, { url: deadUrl })
  assert.equal(webhook.status, 201, JSON.stringify(webhook.body))
  const { body: order } = await shop.call('/orders', me, { productId: shop.productId })
  await shop.call(`/admin/orders/${order.id}/pay`, operator, { reference: 'p-1' })
  await shop.call('/admin/orders', operator)
  await shop.call('/orders', { authorization: 'Bearer no-token' })
  const crowd = await Promise.all(Array.from({ length: 10 }, place))
  assert.ok(crowd.includes(503), `${crowd}`)
  await readStream(me)
}

/** Opens a stream of live updates and leaves it; another one stays open. */
async function readStream(headers: Record<string, string>) {
  const [leaving, staying] = [new AbortController(), new AbortController()]
  cleanUp(lifetime, () => staying.abort())
  for (const { signal } of [leaving, staying])
    await fetch(`${shop.order.url}/orders/stream`, { headers, signal })
  leaving.abort()
}

/** Starts Prometheus with the configuration of ops/, but with these services and in a hurry. */
async function startPrometheus(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  cleanUp(lifetime, () => rm(folder, { recursive: true }))
  const config = read('ops/prometheus.yml')
    .replace(/interval: 15s/g, 'interval: 1s')
    .replace('[alerts.yml]', `[${join(root, 'ops/alerts.yml')}]`)
    .replace(/dns_sd_configs: \[\{ names: \[(\w+)\].*\]/g, (_, name: (typeof services)[number]) => {
      return `static_configs: [{ targets: ['${new URL(shop[name].url).host}'] }]`
    })
  await writeFile(join(folder, 'prometheus.yml'), config)
  const url = `127.0.0.1:${await freePort()}`
  const running = startProcess({
    name: 'prometheus',
    argv: [
      'prometheus',
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${url}`,
    ],
    env: { PATH: process.env.PATH },
  })
  cleanUp(lifetime, () => {
    running.kill('SIGKILL')
    return running.ended
  })
  await running.untilReady(async () => (await statusOf(`http://${url}/-/ready`)) === 200)
  return `http://${url}`
}

test('every selector in the dashboard and in the alerts finds a series in a /metrics', () => {
  const queries = [...dashboard.map(({ expr }) => expr), ...alerts]
  assert.ok(dashboard.length > 30 && alerts.length > 20)
  // those that Prometheus makes itself
  const all = [...series, ...services.map((job) => ({ name: 'up', labels: { job, instance: job } }))]
  const missing = queries.flatMap(selectorsOf).filter((selector) => {
    const { name, matches } = selector
    return !all.some((each) => each.name === name && matches(each.labels))
  })
  assert.deepEqual([...new Set(missing.map(({ text }) => text))], [])
  for (const query of queries) {
    const [{ name } = { name: '' }] = selectorsOf(query)
    const labels = all.find((each) => each.name === name)?.labels ?? {}
    for (const label of groupingLabels(query)) assert.ok(label in labels, `${label} in ${query}`)
  }
})

test('every metric of ours is in the dashboard or in an alert', () => {
  const used = new Set(
    [...dashboard.map(({ expr }) => expr), ...alerts].flatMap(selectorsOf).map(({ name }) => name),
  )
  const ours = series.flatMap(({ name }) =>
    /^(?:process|nodejs)_/.test(name) ? [] : [name.replace(/_(?:bucket|sum|count)$/, '')],
  )
  const unused = [...new Set(ours)].filter((name) => ![...used].some((each) => each.startsWith(name)))
  // a position means something only beside another one, and its distance to the head is in the dashboard
  assert.deepEqual(unused, ['relay_broker_position'])
})

test('no label has a value for each user, order or path', () => {
  const labels = series.flatMap((each) =>
    Object.entries(each.labels).filter(([label]) => label !== 'webhook'),
  )
  assert.ok(labels.length > 200)
  assert.deepEqual(
    labels.filter(([, value]) => /[0-9a-f]{8}-[0-9a-f]{4}|@/.test(value)),
    [],
  )
  const routes = labels.flatMap(([label, value]) => (label === 'route' ? [value] : []))
  assert.ok(routes.includes('/admin/orders/:id/pay') && !routes.some((route) => route.includes('?')))
})

test('Prometheus answers every query of the dashboard with data', { skip: withoutPrometheus }, async () => {
  assert.ok(prometheus)
  const query = async (expr: string) => {
    const url = new URL('/api/v1/query', prometheus)
    url.searchParams.set('query', expr.replaceAll('$__rate_interval', '1m'))
    const { status, data, error } = (await (await fetch(url)).json()) as {
      status: string
      data?: { result: unknown[] }
      error?: string
    }
    assert.equal(status, 'success', `${error}: ${expr}`)
    return data?.result ?? []
  }
  for (const { title, expr } of dashboard)
    await until(async () => (await query(expr)).length > 0, {
      everyMs: 500,
      what: `data for ${title}: ${expr}`,
    })
})

test('Prometheus evaluates the rules, and sees that the product service is down', {
  skip: withoutPrometheus,
}, async () => {
  const response = async (path: string) => (await fetch(new URL(path, prometheus))).json()
  type Rules = { data: { groups: { rules: { name: string; health: string; state: string }[] }[] } }
  const rules = async () =>
    ((await response('/api/v1/rules')) as Rules).data.groups.flatMap((group) => group.rules)
  await until(
    async () => (await rules()).length > 0 && (await rules()).every(({ health }) => health === 'ok'),
  )
  assert.equal((await rules()).length, alerts.length)
  await until(async () => (await rules()).find(({ name }) => name === 'ServiceDown')?.state === 'pending')
})
