import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Cursors, ScenarioName } from './scenarios.ts'

/** The number of connections where a scenario has no other. */
export const connectionCount = 48

export type LoadJob = {
  origin: string
  scenario: ScenarioName
  /** Replaces the scenario's own path. */
  path?: string | undefined
  cursors: Cursors
  seconds: number
  /**
   * Requests per second, evenly spread and independent of the answers; by default as many as the connections
   * can carry.
   */
  rate?: number
}

export type LoadResult = {
  requestsPerSecond: number
  requests: number
  /** In milliseconds; present with a rate and of orders that were placed. */
  latency?: { p50: number; p99: number }
  /** Failures, such as `12 × status 503`. */
  problems: string[]
  /** The ids of orders in the answers to POST. */
  orderIds: string[]
}

/** Allowance for the work before and after the measured time of a job, in milliseconds. */
const GRACE_SECONDS = 60

export type Load = {
  pid: number
  run(job: LoadJob): Promise<LoadResult>
  stop(): Promise<void>
}

/** Starts the process that generates load, with the tokens of `tokensUrl`. It runs one job at a time. */
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
