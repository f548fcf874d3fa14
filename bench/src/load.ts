import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Cursors, ScenarioName } from './scenarios.ts'

/** Connections that load comes over. */
export const connectionCount = 48

export type LoadJob = {
  origin: string
  scenario: ScenarioName
  /** In place of the scenario's own path. */
  path?: string | undefined
  cursors: Cursors
  seconds: number
  /** Requests a second, evenly spread and whatever becomes of those before; absent: as many as the connections can have. */
  rate?: number
}

export type LoadResult = {
  requestsPerSecond: number
  requests: number
  /** In milliseconds; with a rate alone. */
  latency?: { p50: number; p99: number }
  /** What should not have happened, such as `12 × status 503`. */
  problems: string[]
  /** The orders that the answers to POST said to have made. */
  orderIds: string[]
}

/** For what a job needs before and after its time. */
const GRACE_SECONDS = 60

export type Load = {
  pid: number
  run(job: LoadJob): Promise<LoadResult>
  stop(): Promise<void>
}

/** The process that load comes from; it has the tokens of `tokensUrl`. Runs one job at a time. */
export function startLoad(tokensUrl: string): Load {
  const child = fork(join(import.meta.dirname, 'load-main.ts'), [tokensUrl])
  const ended = once(child, 'exit')
  return {
    pid: child.pid ?? -1,
    async run(job) {
      const late = AbortSignal.timeout((job.seconds + GRACE_SECONDS) * 1000)
      const answer = once(child, 'message', { signal: late })
      child.send(job)
      const [result] = await Promise.race([
        answer,
        ended.then(() => Promise.reject(new Error('the load generator ended'))),
      ])
      return result as LoadResult
    },
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
