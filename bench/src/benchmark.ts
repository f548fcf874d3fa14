import { mkdir } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { memory } from '@shop/commands/process-usage'
import { dataFolder } from '@shop/database/embedded'
import { request } from 'undici'
import { openBenchDatabase } from './bench-database.ts'
import { startLoad } from './load.ts'
import type { Options } from './options.ts'
import { startPeers } from './peers.ts'
import * as pgbench from './pgbench.ts'
import type { Progress } from './progress.ts'
import type { Results } from './results.ts'
import {
  type Context,
  deepCursors,
  httpTrial,
  measureLatencies,
  pgbenchTrial,
  runRounds,
  type Trial,
} from './rounds.ts'
import { createRoles, type Neighbourhood, type Subject, startNeighbourhood } from './subjects.ts'
import { verify } from './verify.ts'

export type Outcome = { results: Results; problems: string[]; machine: Record<string, unknown> }

type Run = { signal: AbortSignal; progress: Progress }

/** Before all measurements: code is compiled, and each of the 10,000 tokens is used once. */
const WARM_UP_SECONDS = 4

/** How long the service is idle before its idle memory is read. */
const IDLE_MS = 3000

/**
 * Builds the data set if needed, starts everything, measures, checks, and stops everything, also when
 * `signal` is aborted.
 */
export async function runBenchmark(options: Options, run: Run): Promise<Outcome> {
  await using cleanup = new AsyncDisposableStack()
  const work = measureAndCheck(options, run, cleanup)
  // after an abort its processes are stopped while it still runs, so its failure is expected
  work.catch(() => {})
  return await Promise.race([work, untilAborted(run.signal)])
}

async function measureAndCheck(
  options: Options,
  { signal, progress }: Run,
  cleanup: AsyncDisposableStack,
): Promise<Outcome> {
  const folder = join(dataFolder(), 'bench')
  await mkdir(folder, { recursive: true })
  const database = await openBenchDatabase(folder, { cleanup, log: progress.line })

  progress.line('starting the programs to measure')
  const problems: string[] = []
  const neighbourhood = await startNeighbourhood({
    urlOf: await createRoles(database.url),
    logFolder: folder,
    signal,
    keep: (process) => cleanup.defer(process.stop),
  })
  const { service, startMs } = await startService(neighbourhood, options.starts)
  await setTimeout(IDLE_MS)
  const idleMemory = memory(service.process.pid)?.now
  const others = options.peers
    ? await startPeers(neighbourhood, { databaseUrl: database.url, progress, problems })
    : [
        await neighbourhood.startConstant(await fetchPage(service, neighbourhood)),
        await neighbourhood.startTextbook(),
      ]
  const subjects = [service, ...others]

  const load = startLoad(neighbourhood.tokensUrl)
  cleanup.defer(load.stop)
  const context: Context = {
    load,
    cursors: deepCursors(),
    postmaster: database.postmaster,
    progress,
    signal,
    problems,
    placed: { ids: [], cutOff: 0 },
  }
  for (const subject of subjects) await httpTrial(subject, 'first-page', context).run(WARM_UP_SECONDS)

  const { databaseUrl } = neighbourhood
  const groups = await listTrials(options, { subjects, databaseUrl, folder }, context)
  const latencyRounds = options.peers || !options.only.includes('first-page') ? 0 : options.latencyRounds
  progress.expect(options.rounds * groups.flat().length * (options.seconds + options.warmUpSeconds))
  progress.expect(latencyRounds * subjects.length * options.seconds)
  const measurements = await runRounds(groups, options, context)
  const latencies = await measureLatencies(
    subjects,
    { measurements, rounds: latencyRounds, seconds: options.seconds },
    context,
  )
  const peakMemory = memory(service.process.pid)?.peak
  await verify(service, { db: database.db, tokens: neighbourhood.tokens }, context)

  return {
    results: {
      subjects: subjects.map(({ name, title }) => ({ name, title })),
      measurements,
      latencies,
      startMs,
      idleMemory,
      peakMemory,
    },
    problems,
    machine: {
      cpus: cpus().length,
      cpu: cpus()[0]?.model,
      memoryGigabytes: Math.round(totalmem() / 1e9),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
    },
  }
}

/** Starts the service `starts` times; the last process keeps running. */
async function startService({ startService }: Neighbourhood, starts: number) {
  let started = await startService()
  const startMs = [started.startMs]
  while (startMs.length < starts) {
    await started.subject.process.stop()
    started = await startService()
    startMs.push(started.startMs)
  }
  return { service: started.subject, startMs }
}

async function fetchPage({ origin }: Subject, { tokens }: Neighbourhood): Promise<string> {
  const headers = { authorization: `Bearer ${tokens[0]}` }
  const { body } = await request(`${origin}/orders?limit=20`, { headers })
  return body.text()
}

/**
 * Returns the groups of trials that are compared with one another: the subjects' first pages, and the
 * service's scenarios.
 */
async function listTrials(
  { only, peers }: Options,
  { subjects, databaseUrl, folder }: { subjects: Subject[]; databaseUrl: string; folder: string },
  context: Context,
): Promise<Trial[][]> {
  const [service] = subjects as [Subject]
  const firstPages = only.includes('first-page')
    ? subjects.map((subject) => httpTrial(subject, 'first-page', context))
    : []
  if (firstPages.length > 0 && !peers) {
    if (await pgbench.isInstalled()) firstPages.push(pgbenchTrial({ databaseUrl, folder }, context))
    else context.progress.line('pgbench is not installed: skipping it')
  }
  const scenarios = only.filter((name) => name !== 'first-page')
  return [firstPages, scenarios.map((name) => httpTrial(service, name, context))]
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
