import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('service-process.ts', import.meta.url))

type Process = { child: ChildProcess; output: string[]; exitCode: Promise<number | null> }

function start(t: TestContext, env: Record<string, string> = {}): Process {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: '0', SHUTDOWN_TIMEOUT_MS: '5000', DRAIN_DELAY_MS: '300', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => output.push(line))
  }
  return { child, output, exitCode: once(child, 'close').then(([code]) => code) }
}

/** Resolves to the URL of the process once it serves. */
async function urlOf({ child, output }: Process): Promise<string> {
  for (;;) {
    const line = output.find((text) => text.startsWith('port '))
    if (line) return `http://127.0.0.1:${line.slice(5)}`
    assert.equal(child.exitCode, null, output.join('\n'))
    await setTimeout(20)
  }
}

test('SIGTERM: /readyz is 503 immediately, current and new requests are served, then the process exits with 0', async (t) => {
  // long enough for all the following steps on a busy machine
  const service = start(t, { DRAIN_DELAY_MS: '2000' })
  const url = await urlOf(service)
  const slow = fetch(`${url}/slow`)
  await fetch(`${url}/healthz`)

  service.child.kill('SIGTERM')
  while ((await fetch(`${url}/readyz`)).status !== 503);
  const meanwhile = await fetch(`${url}/healthz`)
  assert.equal(meanwhile.status, 200)
  assert.equal(meanwhile.headers.get('connection'), 'close')
  assert.deepEqual(await (await slow).json(), { slow: true })
  assert.equal(await service.exitCode, 0)
  assert.match(service.output.join(' '), /"draining".*the rest is closed.*"closed"/)
})

test('a second signal changes nothing', async (t) => {
  const service = start(t)
  const slow = fetch(`${await urlOf(service)}/slow`)
  await fetch(`${await urlOf(service)}/healthz`)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
    service.child.kill(signal)
    await setTimeout(50)
  }
  assert.deepEqual(await (await slow).json(), { slow: true })
  assert.equal(await service.exitCode, 0)
  assert.equal(service.output.filter((line) => line.includes('"draining"')).length, 1)
})

test('a connection without a request does not delay the shutdown', async (t) => {
  const service = start(t)
  const { hostname, port } = new URL(await urlOf(service))
  const silent = connect({ host: hostname, port: Number(port) })
  t.after(() => silent.destroy())
  await once(silent, 'connect')
  await setTimeout(200)
  service.child.kill('SIGTERM')
  assert.equal(await service.exitCode, 0)
})

test('a request that outlasts the shutdown time-out is cut off', async (t) => {
  const service = start(t, { SHUTDOWN_TIMEOUT_MS: '100' })
  const slow = fetch(`${await urlOf(service)}/slow`)
  const failed = assert.rejects(slow)
  await setTimeout(100)
  service.child.kill('SIGTERM')
  await failed
  assert.equal(await service.exitCode, 1)
  assert.match(service.output.join('\n'), /still in progress/)
})

test('a port in use is reported in one line', async (t) => {
  const { port } = new URL(await urlOf(start(t)))
  const second = start(t, { PORT: port })
  assert.equal(await second.exitCode, 1)
  assert.equal(second.output.length, 1, second.output.join('\n'))
  assert.match(String(second.output[0]), new RegExp(`EADDRINUSE.*${port}`))
})

test('an uncaught error is logged and ends the process', async (t) => {
  const service = start(t)
  await fetch(`${await urlOf(service)}/fatal`).catch(() => {})
  assert.equal(await service.exitCode, 1)
  assert.match(service.output.join('\n'), /"level":"fatal".*out of reach/)
})
