import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'

const source = new URL('../src/', import.meta.url).href

/** A service with a slow route and one that fails outside of any request; it writes its port as its first line. */
const program = `
  import { createLogger } from '${source}logger.ts'
  import { run, runMain } from '${source}run.ts'
  import { createService } from '${source}service.ts'
  await runMain(async () => {
    const logger = createLogger({ name: 'test', level: 'info' })
    const app = createService({ title: 't', description: 'd', logger, checkReadiness: async () => {} })
    app.get('/slow', () => new Promise((resolve) => setTimeout(resolve, 600, { slow: true })))
    app.get('/fatal', async () => void setTimeout(() => { throw new Error('out of reach') }))
    const config = { host: '127.0.0.1', port: Number(process.env.PORT), drainDelayMs: 300, shutdownTimeoutMs: Number(process.env.TIMEOUT_MS ?? 5000) }
    await run(app, config, async () => logger.info('the rest is closed'))
    console.log('port ' + app.server.address().port)
  })`

type Process = { child: ChildProcess; output: string[]; exitCode: Promise<number | null> }

function start(t: TestContext, env: Record<string, string> = {}): Process {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => output.push(line))
  }
  return { child, output, exitCode: once(child, 'close').then(([code]) => code) }
}

/** The URL that the process serves at, once it does. */
async function urlOf({ child, output }: Process): Promise<string> {
  for (;;) {
    const line = output.find((text) => text.startsWith('port '))
    if (line) return `http://127.0.0.1:${line.slice(5)}`
    assert.equal(child.exitCode, null, output.join('\n'))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('SIGTERM: /readyz is 503 at once, requests under way and new ones are served, then the process ends with 0', async (t) => {
  const service = start(t)
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
  assert.match(service.output.join('\n'), /draining[^]*the rest is closed[^]*"closed"/)
})

test('a request that outlasts the shutdown time-out is not waited for', async (t) => {
  const service = start(t, { TIMEOUT_MS: '100' })
  const slow = fetch(`${await urlOf(service)}/slow`)
  const failed = assert.rejects(slow)
  await new Promise((resolve) => setTimeout(resolve, 100))
  service.child.kill('SIGTERM')
  await failed
  assert.equal(await service.exitCode, 1)
  assert.match(service.output.join('\n'), /still under way/)
})

test('a port in use is told in one line', async (t) => {
  const { port } = new URL(await urlOf(start(t)))
  const second = start(t, { PORT: port })
  assert.equal(await second.exitCode, 1)
  assert.equal(second.output.length, 1, second.output.join('\n'))
  assert.match(String(second.output[0]), new RegExp(`EADDRINUSE.*${port}`))
})

test('an error that nobody caught is logged, and ends the process', async (t) => {
  const service = start(t)
  await fetch(`${await urlOf(service)}/fatal`).catch(() => {})
  assert.equal(await service.exitCode, 1)
  assert.match(service.output.join('\n'), /"level":"fatal".*out of reach/)
})
