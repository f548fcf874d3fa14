import { cpuTime, cpuTimeOfFamily, memory } from '@shop/commands/process-usage'
import { encodeCursor } from '@shop/service/paging/cursor'
import { createdAt, newestFirst, orderId, users, uuid } from './data-set.ts'
import type { Load } from './load.ts'
import { runPgbench, type scripts } from './pgbench.ts'
import type { Progress } from './progress.ts'
import type { Latency, Measurement, Which } from './results.ts'
import { type Cursors, type ScenarioName, scenarios } from './scenarios.ts'
import { percentile } from './statistics.ts'
import type { Subject } from './subjects.ts'

export type Context = {
  load: Load
  cursors: Cursors
  /** The process id of the postmaster, the parent of all other PostgreSQL processes. */
  postmaster: number
  progress: Progress
  signal: AbortSignal
  /** Wrong answers; the run has failed if there are any. */
  problems: string[]
  /** The ids of acknowledged orders, by subject. */
  placed: Map<string, string[]>
  /** How many orders pgbench placed. */
  placedByPgbench: number
  /** Returns the position in the WAL of the service's database, in bytes. */
  walPosition: () => Promise<number>
}

export const deepCursorDepth = 99_000

/** Returns for each heavy user the cursor of the page after deepCursorDepth rows. */
export function deepCursors(): Cursors {
  const cursors: Cursors = {}
  for (let user = users.heavy.from; user <= users.heavy.to; user++) {
    const order = newestFirst(user)[deepCursorDepth - 1] as number
    cursors[user] = encodeCursor({ createdAt: createdAt(user, order), id: orderId(user, order) }, uuid(user))
  }
  return cursors
}

/** Something to measure once per round. */
export type Trial = {
  which: Which
  title: string
  pid?: number
  /** The process id of the postmaster of its database, if that is not the service's. */
  postmaster?: number | undefined
  /** Whether it writes to the service's database. */
  writes?: boolean
  run(seconds: number): Promise<{ requestsPerSecond: number; requests: number; latency?: { p50: number } }>
  after?(): void
}

export function httpTrial(subject: Subject, scenario: ScenarioName, context: Context): Trial {
  const { name, origin, path, process } = subject
  return {
    which: { subject: name, scenario },
    title: `${subject.title}: ${scenarios[scenario].title}`,
    pid: process.pid,
    postmaster: subject.postmaster,
    writes: scenarios[scenario].method === 'POST' && subject.postmaster === undefined,
    async run(seconds) {
      process.check()
      const { cursors, load, placed } = context
      const result = await load.run({ origin, scenario, path, cursors, seconds })
      noteProblems(`${name}, ${scenario}`, result.problems, context)
      if (scenarios[scenario].method === 'GET') return result
      const ids = placed.get(name) ?? []
      for (const id of result.orderIds) ids.push(id)
      placed.set(name, ids)
      return result
    },
    after: process.emptyLog,
  }
}

const pgbenchScripts: Record<keyof typeof scripts, { scenario: ScenarioName; title: string }> = {
  list: { scenario: 'first-page', title: "pgbench: the first page's statement" },
  place: { scenario: 'post-with-key', title: 'pgbench: the statement that places orders, with one' },
}

export function pgbenchTrial(
  options: { databaseUrl: string; folder: string; script: keyof typeof scripts },
  context: Context,
): Trial {
  const { scenario, title } = pgbenchScripts[options.script]
  return {
    which: { subject: 'pgbench', scenario },
    title,
    writes: options.script === 'place',
    async run(seconds) {
      // pgbench counts in whole seconds
      const whole = Math.max(1, Math.round(seconds))
      const { perSecond, count } = await runPgbench({ ...options, seconds: whole, signal: context.signal })
      if (options.script === 'place') context.placedByPgbench += count
      return { requestsPerSecond: perSecond, requests: count }
    },
  }
}

/** The length of a piece of warming up, in seconds. In two of them each of the 10,000 tokens is used. */
const WARM_UP_PIECE = 2

/**
 * Runs a trial before all measurements until a request costs its process hardly less than before. V8 compiles by how
 * often code has run, and on a busy machine late: a list costs 400 µs in the first three seconds, and 120 µs after ten. After the
 * same time, of two programs one would be further than the other.
 */
export async function warmUp(
  trial: Trial,
  { warmUpPieces }: { warmUpPieces: number },
  context: Context,
): Promise<void> {
  let lowest = Number.POSITIVE_INFINITY
  for (let piece = 1; piece <= warmUpPieces; piece++) {
    context.signal.throwIfAborted()
    const { processMicroseconds = 0 } = await measure(trial, { round: 0, seconds: WARM_UP_PIECE }, context)
    context.progress.line(`warming up: ${trial.title}  ${Math.round(processMicroseconds)} µs`)
    if (piece >= 3 && processMicroseconds > lowest * 0.95) return
    lowest = Math.min(lowest, processMicroseconds)
  }
}

/**
 * Measures all trials in each round, so that changes on the machine affect all of them. Within a group, whose
 * trials are compared with one another, the order rotates from round to round.
 */
export async function runRounds(
  groups: Trial[][],
  { rounds, seconds, warmUpSeconds }: { rounds: number; seconds: number; warmUpSeconds: number },
  context: Context,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const trial of groups.flatMap((group) => rotate(group, round - 1))) {
      context.signal.throwIfAborted()
      if (trial.pid) await trial.run(warmUpSeconds)
      const measurement = await measure(trial, { round, seconds }, context)
      measurements.push(measurement)
      const rate = Math.round(measurement.requestsPerSecond).toLocaleString('en')
      context.progress.step(`round ${round} of ${rounds}  ${trial.title}  ${rate}/s`, seconds + warmUpSeconds)
    }
  }
  return measurements
}

async function measure(
  { which, pid, postmaster, writes, run, after }: Trial,
  { round, seconds }: { round: number; seconds: number },
  context: Context,
): Promise<Measurement> {
  const used = async () => ({
    process: pid === undefined ? undefined : cpuTime(pid),
    postgres: cpuTimeOfFamily(postmaster ?? context.postmaster),
    wal: writes ? await context.walPosition() : undefined,
  })
  const before = await used()
  const { requestsPerSecond, requests, latency } = await run(seconds)
  const now = await used()
  after?.()
  const each = (part: keyof typeof now) => {
    const [start, end] = [before[part], now[part]]
    return start === undefined || end === undefined || requests === 0 ? undefined : (end - start) / requests
  }
  return {
    round,
    ...which,
    requestsPerSecond,
    processMicroseconds: each('process'),
    postgresMicroseconds: each('postgres'),
    p50: latency?.p50,
    walBytes: each('wal'),
    memoryMegabytes: pid === undefined ? undefined : memory(pid)?.now,
  }
}

/**
 * Returns p50 and p99 of the first page, each subject at half of the first subject's peak rate, or of its own
 * if that is lower.
 */
export async function measureLatencies(
  subjects: Subject[],
  { rounds, seconds, measurements }: { rounds: number; seconds: number; measurements: Measurement[] },
  context: Context,
): Promise<Latency[]> {
  const { load, cursors, progress, signal } = context
  const latencies: Latency[] = []
  const peak = (name: string) => {
    const ofName = measurements.filter((entry) => entry.subject === name && entry.scenario === 'first-page')
    return percentile(
      ofName.map(({ requestsPerSecond }) => requestsPerSecond),
      50,
    )
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { name, title, origin, process } of rotate(subjects, round - 1)) {
      signal.throwIfAborted()
      const rate = Math.round(Math.min(peak(name), peak(subjects[0]?.name ?? name)) / 2)
      const result = await load.run({ origin, scenario: 'first-page', cursors, seconds, rate })
      process.emptyLog()
      noteProblems(`${name} at ${rate}/s`, result.problems, context)
      if (!result.latency) continue
      latencies.push({ round, subject: name, rate, ...result.latency })
      progress.step(`${title} at ${rate}/s: p99 ${result.latency.p99.toFixed(1)} ms`, seconds)
    }
  }
  return latencies
}

function noteProblems(where: string, problems: string[], context: Context) {
  context.problems.push(...problems.map((problem) => `${where}: ${problem}`))
}

export function rotate<Item>(items: Item[], by: number): Item[] {
  return items.map((_, index) => items[(index + by) % items.length] as Item)
}
