import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import autocannon from 'autocannon'
import { Pool } from 'undici'
import { connectionCount, type LoadJob, type LoadResult } from './load.ts'
import { placeOrders, shareOf } from './place-orders.ts'
import { type Request, requestsOf, type Scenario, scenarios } from './scenarios.ts'
import { percentile } from './statistics.ts'

/** A slower answer counts as a failure. */
const TIMEOUT_SECONDS = 10

const tokens = (await (await fetch(process.argv[2] as string)).json()) as string[]

process.on('message', async (job: LoadJob) => process.send?.(await run(job)))
process.on('disconnect', () => process.exit())

function run(job: LoadJob): Promise<LoadResult> {
  const scenario: Scenario = scenarios[job.scenario]
  const requests = requestsOf(scenario, { tokens, cursors: job.cursors, path: job.path })
  if (scenario.method === 'POST')
    return placeOrders(job, requests, { ...scenario, connections: scenario.connections ?? connectionCount })
  return job.rate ? runPaced(job, requests, job.rate) : runAtPeak(job, requests)
}

/** Each connection sends its next request when the previous one is answered. */
async function runAtPeak(job: LoadJob, requests: Request[]): Promise<LoadResult> {
  let clients = 0
  let start = 0
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>()
  const running = autocannon(
    {
      url: job.origin,
      connections: connectionCount,
      duration: job.seconds,
      sampleInt: 100,
      timeout: TIMEOUT_SECONDS,
      setupClient: (client) =>
        client.setRequests(
          shareOf(requests, { number: clients++, of: connectionCount }) as autocannon.Request[],
        ),
    },
    (error, result) => (error ? reject(error) : resolve(result)),
  )
  // autocannon's own duration would include the time to build thousands of requests
  running.once('start', () => {
    start = performance.now()
  })
  const result = await promise
  const seconds = (performance.now() - start) / 1000
  const statuses = Object.entries(result.statusCodeStats ?? {})
  const problems = statuses
    .filter(([status]) => !status.startsWith('2'))
    .map(([status, { count }]) => `${count} × status ${status}`)
  if (result.errors > 0) problems.push(`${result.errors} × no answer (${result.timeouts} × time-out)`)
  return {
    requests: result['2xx'],
    requestsPerSecond: result['2xx'] / seconds,
    problems,
    orderIds: [],
  }
}

/**
 * Sends requests on a schedule, independently of the answers, so that a slow answer delays no other request
 * and every request is measured. (autocannon's rate would send each second's share at the start of the
 * second.)
 */
async function runPaced(job: LoadJob, requests: Request[], rate: number): Promise<LoadResult> {
  const pool = new Pool(job.origin, { connections: connectionCount, bodyTimeout: TIMEOUT_SECONDS * 1000 })
  const latencies: number[] = []
  const failures = new Map<string, number>()
  const fail = (what: string) => failures.set(what, (failures.get(what) ?? 0) + 1)

  // callbacks, because a stream and promises for each answer would cost more CPU than some of the subjects
  function send(request: Request): Promise<void> {
    const start = performance.now()
    const { promise, resolve } = Promise.withResolvers<void>()
    let status = 0
    pool.dispatch(request, {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode
      },
      onResponseData() {},
      onResponseEnd() {
        if (status < 300) latencies.push(performance.now() - start)
        else fail(`status ${status}`)
        resolve()
      },
      onResponseError(_controller, error) {
        fail(error.message)
        resolve()
      },
    })
    return promise
  }

  const start = performance.now()
  const inProgress: Promise<void>[] = []
  for (let elapsed = 0; elapsed < job.seconds * 1000; elapsed = performance.now() - start) {
    while (inProgress.length < (elapsed / 1000) * rate)
      inProgress.push(send(requests[inProgress.length % requests.length] as Request))
    await setTimeout(1)
  }
  await Promise.all(inProgress)
  await pool.destroy()
  return {
    requests: latencies.length,
    requestsPerSecond: latencies.length / job.seconds,
    latency: { p50: percentile(latencies, 50), p99: percentile(latencies, 99) },
    problems: [...failures].map(([what, count]) => `${count} × ${what}`),
    orderIds: [],
  }
}
