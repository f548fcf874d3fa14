import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import autocannon from 'autocannon'
import { Pool } from 'undici'
import { connectionCount, type LoadJob, type LoadResult } from './load.ts'
import { type Request, requestsOf, type Scenario, scenarios } from './scenarios.ts'
import { percentile } from './statistics.ts'

/** An answer that takes longer is counted as a failure. */
const TIMEOUT_SECONDS = 10

const tokens = (await (await fetch(process.argv[2] as string)).json()) as string[]

process.on('message', async (job: LoadJob) => process.send?.(await run(job)))
process.on('disconnect', () => process.exit())

function run(job: LoadJob): Promise<LoadResult> {
  const scenario: Scenario = scenarios[job.scenario]
  const requests = requestsOf(scenario, { tokens, cursors: job.cursors, path: job.path })
  return job.rate ? runPaced(job, requests, job.rate) : runAtPeak(job, requests, scenario)
}

/** Each connection sends its next request when it has the answer to the one before. */
async function runAtPeak(job: LoadJob, requests: Request[], scenario: Scenario): Promise<LoadResult> {
  const orderIds: string[] = []
  const all = requests.map((request) => ({
    ...request,
    ...(scenario.keys && { setupRequest: withKey }),
    ...(request.method === 'POST' && {
      onResponse: (status: number, body: string) => {
        if (status === 201) orderIds.push(JSON.parse(body).id)
      },
    }),
  }))
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
      setupClient: (client) => client.setRequests(shareOf(all, clients++) as autocannon.Request[]),
    },
    (error, result) => (error ? reject(error) : resolve(result)),
  )
  // its own duration begins before it has put together thousands of requests
  running.once('start', () => {
    start = performance.now()
  })
  const result = await promise
  const seconds = (performance.now() - start) / 1000
  const statuses = Object.entries(result.statusCodeStats ?? {})
  const problems = statuses
    .filter(([status]) => !status.startsWith('2'))
    .map(([status, { count }]) => `${count} × status ${status}`)
  if (result.errors > 0) problems.push(`${result.errors} × no answer (${result.timeouts} in time)`)
  return {
    requests: result['2xx'],
    requestsPerSecond: result['2xx'] / seconds,
    problems,
    orderIds,
  }
}

/** Every 48th of all, so that connections share no token; all of them where there are too few to share. */
function shareOf<Item>(all: Item[], client: number): Item[] {
  if (all.length >= connectionCount) return all.filter((_, index) => index % connectionCount === client)
  return all.map((_, index) => all[(index + client) % all.length] as Item)
}

function withKey<Some extends { headers?: object }>(request: Some): Some {
  return { ...request, headers: { ...request.headers, 'idempotency-key': randomUUID() } }
}

/**
 * Requests leave at their time, not when an answer has come, so a slow answer delays none of those after it and all of
 * them are measured. (A rate of autocannon's is no such thing: it sends a second's share at the second's start.)
 */
async function runPaced(job: LoadJob, requests: Request[], rate: number): Promise<LoadResult> {
  const pool = new Pool(job.origin, { connections: connectionCount, bodyTimeout: TIMEOUT_SECONDS * 1000 })
  const latencies: number[] = []
  const failures = new Map<string, number>()
  const fail = (what: string) => failures.set(what, (failures.get(what) ?? 0) + 1)

  // by callbacks: a stream and promises for each answer would take more of the machine than some of what is measured
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
  const underWay: Promise<void>[] = []
  for (let elapsed = 0; elapsed < job.seconds * 1000; elapsed = performance.now() - start) {
    while (underWay.length < (elapsed / 1000) * rate)
      underWay.push(send(requests[underWay.length % requests.length] as Request))
    await setTimeout(1)
  }
  await Promise.all(underWay)
  await pool.destroy()
  return {
    requests: latencies.length,
    requestsPerSecond: latencies.length / job.seconds,
    latency: { p50: percentile(latencies, 50), p99: percentile(latencies, 99) },
    problems: [...failures].map(([what, count]) => `${count} × ${what}`),
    orderIds: [],
  }
}
