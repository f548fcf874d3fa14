import { setTimeout } from 'node:timers/promises'
import { memory } from '@shop/commands/process-usage'
import { request } from 'undici'
import { type Before, NoVersionBeforeError, startBefore } from './before.ts'
import type { BenchDatabase } from './bench-database.ts'
import type { Options } from './options.ts'
import { startPeers } from './peers.ts'
import type { Progress } from './progress.ts'
import type { Neighbourhood, Subject } from './subjects.ts'
import type { Subjects } from './trials.ts'
import { createUsualTables } from './usual-tables.ts'

/** How long the service is idle before its idle memory is read. */
const IDLE_MS = 3000

export type Started = {
  subjects: Subjects
  /** The version before, if it runs. */
  before: Before | undefined
  startMs: number[]
  /** In MiB. */
  idleMemory: number | undefined
}

/** Starts everything that is measured. */
export async function startSubjects(
  { peers, starts, before: from }: Options,
  {
    neighbourhood,
    database,
    ...options
  }: {
    neighbourhood: Neighbourhood
    database: BenchDatabase
    folder: string
    progress: Progress
    problems: string[]
    cleanup: AsyncDisposableStack
  },
): Promise<Started> {
  const { progress, problems } = options
  const { service, startMs } = await startService(neighbourhood, starts)
  await setTimeout(IDLE_MS)
  const idleMemory = memory(service.process.pid)?.now
  if (peers) {
    const readers = await startPeers(neighbourhood, { databaseUrl: database.url, progress, problems })
    return { subjects: { service, readers }, before: undefined, startMs, idleMemory }
  }
  const readers = [
    await neighbourhood.startConstant(await fetchPage(service, neighbourhood)),
    await neighbourhood.startTextbook(),
  ]
  await createUsualTables(database.db, new URL(neighbourhood.databaseUrl).username)
  const usualWay = await neighbourhood.startUsualWay()
  const before = from === undefined ? undefined : await startVersionBefore(from, options)
  if (!before) progress.line('NOT MEASURED: the comparison with the version before')
  return {
    subjects: { service, readers, usualWay, before: before && (await neighbourhood.startBefore(before)) },
    before,
    startMs,
    idleMemory,
  }
}

/** Returns undefined, and says why, if there is no such version. */
async function startVersionBefore(
  from: string,
  { folder, progress, cleanup }: { folder: string; progress: Progress; cleanup: AsyncDisposableStack },
): Promise<Before | undefined> {
  try {
    const before = await startBefore(from, { folder, log: progress.line })
    cleanup.defer(before.stop)
    return before
  } catch (error) {
    if (!(error instanceof NoVersionBeforeError)) throw error
    progress.line(error.message)
    return undefined
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
