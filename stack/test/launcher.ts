import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePorts } from '@shop/commands/ports'
import { until as waitUntil } from '@shop/tests/kit/until'

const main = join(import.meta.dirname, '../src/main.ts')

export type Launched = { process: ChildProcess; pid: number; output(): string }

/**
 * Returns ports, a folder and an environment for one test; processes that a failed test leaves running are
 * stopped.
 */
export async function prepare(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'stack-'))
  await chmod(dataDir, 0o755)
  const [gatewayPort, userPort, productPort, orderPort, relayPort] = await freePorts(5)
  const env = {
    PATH: process.env.PATH,
    STACK_DATA_DIR: dataDir,
    GATEWAY_PORT: String(gatewayPort),
    USER_PORT: String(userPort),
    PRODUCT_PORT: String(productPort),
    ORDER_PORT: String(orderPort),
    RELAY_PORT: String(relayPort),
  }
  const launchers: ChildProcess[] = []
  t.after(async () => {
    for (const launcher of launchers.filter(isRunning)) {
      launcher.kill('SIGTERM')
      await once(launcher, 'exit')
    }
    await rm(dataDir, { recursive: true })
  })

  function launch(environment: NodeJS.ProcessEnv, cwd?: string): Launched {
    const launcher = spawn(process.execPath, [main], {
      env: environment,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    launchers.push(launcher)
    let output = ''
    for (const stream of [launcher.stdout, launcher.stderr]) stream.on('data', (chunk) => (output += chunk))
    return { process: launcher, pid: launcher.pid as number, output: () => output }
  }
  return { env, dataDir, gateway: `http://127.0.0.1:${gatewayPort}`, launch }
}

export async function untilOpen(launched: Launched): Promise<Launched> {
  await untilSaid(launched, 'Ctrl-C to stop everything')
  return launched
}

export async function untilSaid({ process: launcher, output }: Launched, text: string) {
  await until(async () => output().includes(text) || !isRunning(launcher))
  assert.ok(output().includes(text), output())
}

export function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

export async function listOrders(gateway: string, email: string): Promise<{ userId: string }[]> {
  const login = await fetch(`${gateway}/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: 'demo-password' }),
  })
  const { accessToken } = (await login.json()) as { accessToken: string }
  const response = await fetch(`${gateway}/orders`, { headers: { authorization: `Bearer ${accessToken}` } })
  assert.equal(response.status, 200)
  return ((await response.json()) as { data: { userId: string }[] }).data
}

export const until = (condition: () => Promise<boolean>) =>
  waitUntil(condition, { limitMs: 60_000, everyMs: 50 })

/** Starts the whole shop with these additional variables, lists Alice's orders, and stops it. */
export async function launchOnce(t: TestContext, variables: NodeJS.ProcessEnv, cwd?: string) {
  const { env, gateway, launch } = await prepare(t)
  const launched = await untilOpen(launch({ ...env, ...variables }, cwd))
  assert.ok((await listOrders(gateway, 'alice@example.com')).length > 0)
  const exit = once(launched.process, 'exit')
  launched.process.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null], launched.output())
}
