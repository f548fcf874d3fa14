import { mkdir } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { memory } from '@shop/commands/process-usage'
import { dataFolder } from '@shop/database/embedded'
import { type BenchDatabase, openBenchDatabase } from './bench-database.ts'
import { startLoad } from './load.ts'
import type { Options } from './options.ts'
import type { Progress } from './progress.ts'
import type { Results } from './results.ts'
import { type Context, deepCursors, measureLatencies, runRounds, warmUp } from './rounds.ts'
import { startSubjects } from './start-subjects.ts'
import { createRoles, startNeighbourhood } from './subjects.ts'
import { listTrials, warmUpTrials } from './trials.ts'
import { verify } from './verify.ts'

export type Outcome = { results: Results; problems: string[]; machine: Record<string, unknown> }

type Run = { signal: AbortSignal; progress: Progress }

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
  const { subjects, before, startMs, idleMemory } = await startSubjects(options, {
    neighbourhood,
    database,
    folder,
    progress,
    problems,
    cleanup,
  })
  const { service } = subjects

  const load = startLoad(neighbourhood.tokensUrl)
  cleanup.defer(load.stop)
  const context: Context = {
    load,
    cursors: deepCursors(),
    postmaster: database.postmaster,
    progress,
    signal,
    problems,
    placed: new Map(),
    placedByPgbench: 0,
    walPosition: () => walPosition(database),
  }
  for (const trial of warmUpTrials(subjects, options, context)) await warmUp(trial, options, context)

  const { databaseUrl } = neighbourhood
  const groups = await listTrials(options, subjects, { databaseUrl, folder }, context)
  const measured = [service, ...subjects.readers]
  const latencyRounds = options.peers || !options.only.includes('first-page') ? 0 : options.latencyRounds
  progress.expect(options.rounds * groups.flat().length * (options.seconds + options.warmUpSeconds))
  progress.expect(latencyRounds * measured.length * options.seconds)
  const measurements = await runRounds(groups, options, context)
  const latencies = await measureLatencies(
    measured,
    { measurements, rounds: latencyRounds, seconds: options.seconds },
    context,
  )
  const peakMemory = memory(service.process.pid)?.peak
  await verify(service, { db: database.db, tokens: neighbourhood.tokens, beforeUrl: before?.url }, context)

  return {
    results: {
      subjects: measured.map(({ name, title }) => ({ name, title })),
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

async function walPosition({ db }: BenchDatabase): Promise<number> {
  const [row] = await db.query<{ position: string }>({
    text: "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS position",
  })
  return Number(row?.position)
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
