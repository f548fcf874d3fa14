import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { freePorts } from '@shop/commands/ports'
import { openLogFile } from '../src/log-file.ts'
import { type ProcessSpec, type SupervisorOptions, supervise } from '../src/supervisor.ts'

test('a crash is reported with the last output of the process, and followed by a restart', async (t) => {
  const { supervisor, url, shown, reports } = await superviseService(t)
  await supervisor.start(t.signal)
  const first = await pidAt(url)
  process.kill(first, 'SIGKILL')
  await until(() => reports.includes('service runs again'))
  assert.notEqual(await pidAt(url), first)
  assert.match(
    reports[0] ?? '',
    /^service ended with signal SIGKILL \(its log is .*service\.log\); starting it again in 0.01 s$/,
  )

  await fetch(`${url}/crash`).catch(() => {})
  await until(() => reports.length === 4)
  assert.match(reports[2] ?? '', /ended with exit code 3/)
  assert.deepEqual(shown, ['  service: error: about to crash'])
})

test('a process that keeps crashing is not restarted forever', async (t) => {
  const { supervisor, url, reports, givenUp } = await superviseService(t)
  await supervisor.start(t.signal)
  for (let crash = 1; crash <= 5; crash++) {
    process.kill(await pidAt(url), 'SIGKILL')
    await until(() => reports.length === 2 * crash)
  }
  assert.deepEqual(givenUp, [])
  process.kill(await pidAt(url), 'SIGKILL')
  await until(() => givenUp.length > 0)
  assert.match(
    givenUp[0] ?? '',
    /^service crashed 6 times within a minute, the last time with signal SIGKILL; its log is/,
  )
  await assert.rejects(fetch(url))
})

test('a process that ends before it is ready is not restarted: it would end the same way', async (t) => {
  const { supervisor, reports } = await superviseService(t, {}, { script: '/nowhere/main.ts' })
  await assert.rejects(
    supervisor.start(t.signal),
    /^Error: service ended with exit code 1 before it was ready$/,
  )
  await setTimeout(50)
  assert.deepEqual(reports, [])
})

test('stop ends a process gracefully and is not a crash', async (t) => {
  const { supervisor, url, reports, log } = await superviseService(t)
  await supervisor.start(t.signal)
  await supervisor.stop()
  await assert.rejects(fetch(url))
  await setTimeout(50)
  assert.deepEqual(reports, [])
  assert.match(await readFile(log.path, 'utf8'), /ended in good order/)
})

test('kill ends a process that ignores SIGTERM', async (t) => {
  const { supervisor, url } = await superviseService(t)
  await supervisor.start(t.signal)
  await pidAt(`${url}/ignore-sigterm`)
  const stopped = supervisor.stop()
  await setTimeout(100)
  supervisor.kill()
  await stopped
  await assert.rejects(fetch(url))
})

test('simultaneous restarts run one after another and leave no process behind', async (t) => {
  const { supervisor, url, reports } = await superviseService(t)
  await supervisor.start(t.signal)
  const first = await pidAt(url)
  await Promise.all([supervisor.restart(), supervisor.restart()])
  assert.notEqual(await pidAt(url), first)
  assert.deepEqual(reports, ['service restarted', 'service restarted'])
  await supervisor.stop()
  await assert.rejects(fetch(url))
})

test('with --watch, a crashed process waits for the next change', async (t) => {
  const { supervisor, url, reports } = await superviseService(t, { waitsAfterCrash: true })
  await supervisor.start(t.signal)
  process.kill(await pidAt(url), 'SIGKILL')
  await until(() => reports.length === 1)
  assert.equal(reports[0], 'service ended with signal SIGKILL; it starts again when a file changes')
  await supervisor.restart()
  assert.ok(await pidAt(url))
})

test('kill -9 of the launcher ends its processes gracefully', async (t) => {
  const folder = await temporaryFolder(t)
  const [spec, path] = [await describeService(), join(folder, 'service.log')]
  const source = `
    import { openLogFile } from ${JSON.stringify(new URL('../src/log-file.ts', import.meta.url))}
    import { supervise } from ${JSON.stringify(new URL('../src/supervisor.ts', import.meta.url))}
    const log = openLogFile(${JSON.stringify(path)}, { name: 'service', show: console.error })
    const supervisor = supervise(${JSON.stringify(spec)}, { log, report: console.error, onGiveUp: console.error })
    await supervisor.start(new AbortController().signal)
    console.log('ready')`
  const launcher = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(createInterface(launcher.stdout), 'line', { signal: t.signal })
  const pid = await pidAt(spec.readyUrl)

  launcher.kill('SIGKILL')
  await once(launcher, 'exit')
  await until(() => !isAlive(pid))
  assert.match(await readFile(path, 'utf8'), /ended in good order/)
})

async function superviseService(
  t: TestContext,
  options: Partial<SupervisorOptions> = {},
  changes: Partial<ProcessSpec> = {},
) {
  const folder = await temporaryFolder(t)
  const spec = { ...(await describeService()), ...changes }
  const shown: string[] = []
  const reports: string[] = []
  const givenUp: string[] = []
  const log = openLogFile(join(folder, 'service.log'), {
    name: 'service',
    show: (line) => {
      if (spec.script === serviceScript) shown.push(line)
    },
  })
  const supervisor = supervise(spec, {
    log,
    report: (line) => reports.push(line),
    onGiveUp: (reason) => givenUp.push(reason),
    backoffMs: 10,
    ...options,
  })
  t.after(async () => {
    await supervisor.stop()
    log.close()
  })
  return { supervisor, url: spec.readyUrl, shown, reports, givenUp, log }
}

const serviceScript = join(import.meta.dirname, 'obedient-service.ts')

async function describeService(): Promise<ProcessSpec> {
  const [port] = await freePorts(1)
  return {
    name: 'service',
    script: serviceScript,
    cwd: import.meta.dirname,
    env: { PORT: String(port) },
    readyUrl: `http://127.0.0.1:${port}`,
  }
}

async function pidAt(url: string): Promise<number> {
  return Number(await (await fetch(url)).text())
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function until(condition: () => boolean) {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, `timed out waiting for ${condition}`)
    await setTimeout(10)
  }
}

async function temporaryFolder(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
