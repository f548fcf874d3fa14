import { join, relative } from 'node:path'
import { explainError } from '@shop/commands/explain-error'
import type { Terminal } from '@shop/commands/terminal'
import { completeDatabaseUrl } from '@shop/database/owner-url'
import { prepareDatabase } from '@shop/database/prepare'
import { buildPages, isBuilt, pageSources } from '@shop/web/build'
import { readStackConfig } from './config.ts'
import { openDatabase, readRoles } from './database.ts'
import { openLogFile } from './log-file.ts'
import { describeProcesses, type StackProcess } from './processes.ts'
import { supervise } from './supervisor.ts'
import { watchFolders } from './watch-files.ts'
import { welcome } from './welcome.ts'

export type StackOptions = {
  root: string
  dataDir: string
  env: NodeJS.ProcessEnv
  seeds: boolean
  watch: boolean
  /** Aborted when the stack must stop. */
  stopping: AbortSignal
  /** Aborted when it must stop without waiting for requests in progress. */
  forced: AbortSignal
}

/**
 * Starts everything, runs it until `stopping`, and stops it in reverse order. Throws when it cannot continue.
 */
export async function runStack(options: StackOptions, terminal: Terminal): Promise<void> {
  const { root, dataDir, env, seeds, stopping } = options
  const broken = new AbortController()
  const stopped = AbortSignal.any([stopping, broken.signal])
  const logs = nearestName(join(dataDir, 'logs'))
  const config = await terminal.step('configuration', () => readStackConfig(env))

  const databaseUrl = config.databaseUrl && completeDatabaseUrl(config.databaseUrl, env)

  if (!(await isBuilt())) await terminal.step('pages', () => buildPages())

  await using cleanup = new AsyncDisposableStack()
  const database = await terminal.step(
    'PostgreSQL',
    () => openDatabase({ databaseUrl, dataDir, log: (line) => terminal.line(`  ${line}`) }),
    ({ url }) => placeOf(url),
  )
  cleanup.defer(database.release)
  const roles = await readRoles(dataDir, env)
  const log = (line: string) => terminal.line(`  ${line}`)
  await prepareDatabase({ databaseUrl: database.url, roles, seeds, log }, (title, work, describe) => {
    stopped.throwIfAborted()
    return terminal.step(title, () => Promise.race([work(), untilAborted(stopped)]), describe)
  })

  const { services, gateway } = describeProcesses({ root, config, databaseUrl: database.url, roles, env })
  const context = {
    ...options,
    terminal,
    logs,
    cleanup,
    stopped,
    giveUp: (reason: string) => broken.abort(new Error(reason)),
  }
  await startProcesses(services, context)
  await startProcesses([gateway], context)
  if (options.watch) cleanup.defer(watchFolders(pageSources, () => void rebuildPages(terminal)))

  terminal.line(welcome(config, { logs, seeded: seeds }))
  await untilAborted(stopped).catch(() => broken.signal.throwIfAborted())
}

/** A mistake in a page is shown, and leaves the pages as they were. */
async function rebuildPages(terminal: Terminal) {
  await terminal.step('pages', () => buildPages()).catch((error) => terminal.line(explainError(error)))
}

type Context = StackOptions & {
  terminal: Terminal
  logs: string
  cleanup: AsyncDisposableStack
  stopped: AbortSignal
  giveUp: (reason: string) => void
}

/** Starts processes side by side and registers their clean-up. Throws when one does not become ready. */
async function startProcesses(processes: StackProcess[], context: Context) {
  const { terminal, logs, cleanup, stopped, forced } = context
  const supervised = processes.map((spec) => {
    const log = openLogFile(join(logs, `${spec.name}.log`), { name: spec.name, show: terminal.line })
    const supervisor = supervise(spec, {
      log,
      report: (line) => terminal.line(`  ${line}`),
      onGiveUp: context.giveUp,
      waitsAfterCrash: context.watch,
    })
    forced.addEventListener('abort', supervisor.kill)
    return { spec, log, supervisor }
  })
  cleanup.defer(async () => {
    await Promise.all(supervised.map(({ supervisor }) => supervisor.stop()))
    for (const { log } of supervised) log.close()
  })

  const starts = supervised.map(async ({ spec, log, supervisor }) => {
    try {
      await terminal.step(`${spec.name} on ${new URL(spec.readyUrl).origin}`, () => supervisor.start(stopped))
    } catch (cause) {
      stopped.throwIfAborted()
      const lastLines = log.unshown().map((line) => `\n  ${line}`)
      throw new Error(`${(cause as Error).message} (its log is ${log.path})${lastLines.join('')}`, { cause })
    }
  })
  await Promise.all(starts)

  if (!context.watch) return
  for (const { spec, supervisor } of supervised) cleanup.defer(watchFolders(spec.sources, supervisor.restart))
}

/** Returns host and database, without the user and the password. */
function placeOf(databaseUrl: string): string {
  const { host, pathname, searchParams } = new URL(databaseUrl)
  return `${searchParams.get('host') ?? decodeURIComponent(host)}${pathname}`
}

/** Returns a relative path where that is shorter. */
function nearestName(path: string): string {
  const name = relative('', path)
  return name.startsWith('..') ? path : name
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
