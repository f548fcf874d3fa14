import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { freePorts, listen } from '@shop/commands/ports'
import { checkApiDocuments } from '@shop/tests/kit/api-document'
import { listOrders, prepare, until, untilOpen, untilSaid } from './launcher.ts'

test('the whole shop starts, serves, survives crashes and kill -9, and stops cleanly', async (t) => {
  const { env, gateway, dataDir, launch } = await prepare(t)
  // meant for other servers
  const first = await untilOpen(launch({ ...env, PGSSLMODE: 'require', PGHOST: 'db.invalid' }))

  await t.test(
    'every command of docs/api.md and docs/api-operators.md gets the documented answer',
    { skip: !hasCurl() },
    () => checkApiDocuments(gateway),
  )

  await t.test('a shopper logs in and gets her own orders through the gateway', async () => {
    const orders = await listOrders(gateway, 'alice@example.com')
    assert.ok(orders.length > 0)
    assert.equal(new Set(orders.map((order) => order.userId)).size, 1)
    assert.deepEqual(await listOrders(gateway, 'carol@example.com'), [])
  })

  await t.test('the printed command does the same', { skip: !hasCurl() }, async () => {
    const command = /^TOKEN=.*$/m.exec(first.output())?.[0] ?? ''
    const { stdout } = await promisify(execFile)('sh', ['-c', command])
    assert.ok(JSON.parse(stdout).data.length > 0)
  })

  await t.test('internal paths stay behind the gateway', async () => {
    for (const path of ['/metrics', '/docs/json', '/readyz']) {
      assert.equal((await fetch(gateway + path)).status, 404)
    }
  })

  await t.test('the services log to files, without warnings or errors', async () => {
    const log = await readFile(join(dataDir, 'logs', 'order.log'), 'utf8')
    assert.match(log, /"service":"order"/)
    assert.doesNotMatch(log, /"level":"(?:warn|error|fatal)"/)
  })

  await t.test('a service that is killed comes back', async () => {
    const order = (await childrenOf(first.pid)).find((child) => child.command.includes('services/order'))
    process.kill(order?.pid as number, 'SIGKILL')
    await untilSaid(first, 'order runs again')
    assert.ok((await listOrders(gateway, 'alice@example.com')).length > 0)
  })

  await t.test(
    'kill -9 of the launcher ends the services too, and the next start continues with the same data',
    async () => {
      const services = (await childrenOf(first.pid)).filter((child) =>
        child.command.includes('exit-with-parent'),
      )
      assert.equal(services.length, 5)
      first.process.kill('SIGKILL')
      await until(async () => (await alive(services)).length === 0)
    },
  )

  const second = await untilOpen(launch(env))
  assert.match(second.output(), /migrations: nothing new/)
  assert.ok((await listOrders(gateway, 'alice@example.com')).length > 0)

  await t.test('SIGTERM ends everything within seconds', async () => {
    const children = await childrenOf(second.pid)
    const exit = once(second.process, 'exit', { signal: AbortSignal.timeout(60_000) })
    second.process.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
    assert.deepEqual(await alive(children), [])
    await assert.rejects(fetch(gateway))
    assert.deepEqual(globSync(join(dataDir, 'postgres-*/data/postmaster.pid')), [])
  })
})

test('nothing starts when a port is in use: the message names it and its variable', async (t) => {
  const { env, dataDir, launch } = await prepare(t)
  const taken = await listen(Number(env.PRODUCT_PORT))
  t.after(() => taken.close())
  const { process: launcher, output } = launch(env)
  assert.deepEqual(await once(launcher, 'close'), [1, null])
  assert.match(output(), new RegExp(`port ${env.PRODUCT_PORT} is in use; change PRODUCT_PORT`))
  assert.doesNotMatch(output(), /\.ts:\d/)
  assert.deepEqual(globSync(join(dataDir, 'postgres-*')), [])
})

test('a database that cannot be reached ends the start with a message, not a stack trace', async (t) => {
  const { env, launch } = await prepare(t)
  const [port] = await freePorts(1)
  const { process: launcher, output } = launch({
    ...env,
    DATABASE_URL: `postgres://shop:secret@127.0.0.1:${port}/shop`,
  })
  assert.deepEqual(await once(launcher, 'close'), [1, null])
  assert.match(output(), /ECONNREFUSED/)
  assert.doesNotMatch(output(), /\.ts:\d|secret/)
})

type Process = { pid: number; parent: number; command: string }

async function processes(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='])
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    return pid && !state.startsWith('Z') ? [{ pid: Number(pid), parent: Number(parent), command }] : []
  })
}

async function childrenOf(parent: number): Promise<Process[]> {
  return (await processes()).filter(
    (process) => process.parent === parent && !process.command.startsWith('ps '),
  )
}

async function alive(list: Process[]): Promise<Process[]> {
  const now = await processes()
  return list.filter(({ pid, command }) =>
    now.some((process) => process.pid === pid && process.command === command),
  )
}

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
