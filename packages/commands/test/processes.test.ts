import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePorts, listen, portError } from '../src/ports.ts'
import { type ProcessOptions, startProcess } from '../src/processes.ts'
import { statusOf } from '../src/status-of.ts'

const start = (source: string, options: ProcessOptions = {}) =>
  startProcess({ name: 'program', argv: ['node', '-e', source], env: {} }, options)

test('a process gets exactly the given environment, and its output can be read', async () => {
  const argv = ['node', '-e', 'console.log(JSON.stringify(process.env)); console.error("said")']
  const running = startProcess({ name: 'program', argv, env: { ONLY: 'this' } })
  assert.equal(await running.ended, 'exit code 0')
  assert.equal(running.howEnded(), 'exit code 0')
  assert.match(running.output(), /^\{"ONLY":"this"\}$/m)
  assert.match(running.output(), /^said$/m)
})

test('a process that ends before it is ready causes an error with its last output', async () => {
  const running = start('console.log("one"); console.log("two"); process.exit(3)')
  const waiting = running.untilReady(() => false, { quotedLines: 1 })
  await assert.rejects(waiting, { message: 'program ended with exit code 3 before it was ready\ntwo' })
})

test('a process that is not ready in time causes an error, and keeps running', async () => {
  const running = start('setInterval(() => {}, 1000)')
  const waiting = running.untilReady(() => false, { timeoutMs: 100 })
  await assert.rejects(waiting, /^Error: program was not ready within 0\.1 s/)
  assert.equal(running.howEnded(), undefined)
  assert.equal(await running.stop(), 'signal SIGTERM')
})

test('a process that ignores SIGTERM is killed', async () => {
  const running = start('process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)')
  await running.untilReady(() => running.output().includes('ready'))
  assert.equal(await running.stop(100), 'signal SIGKILL')
})

test('a process that cannot be started counts as ended, with the reason', async () => {
  const running = startProcess({ name: 'program', argv: ['/nowhere/program'], env: {} })
  assert.match(await running.ended, /ENOENT/)
  await assert.rejects(
    running.untilReady(() => true),
    /program ended with .*ENOENT/,
  )
})

test('output is appended to a log', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'processes-'))
  t.after(() => rm(folder, { recursive: true }))
  const log = join(folder, 'log')
  for (const text of ['first', 'second']) await start(`console.log("${text}")`, { log }).ended
  assert.equal(await readFile(log, 'utf8'), 'first\nsecond\n')
})

test('free ports are all different and can be listened on; a port in use is recognised', async (t) => {
  const ports = await freePorts(20)
  assert.equal(new Set(ports).size, 20)
  const [port = 0] = ports
  assert.equal(await portError(port), undefined)
  const server = await listen(port)
  t.after(() => server.close())
  assert.equal(await portError(port), 'EADDRINUSE')
})

test('there is no status when nothing answers', async () => {
  const [port] = await freePorts(1)
  assert.equal(await statusOf(`http://127.0.0.1:${port}`), undefined)
})
