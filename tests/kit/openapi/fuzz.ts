import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { operationTag } from '@shop/service/http/openapi'
import fc from 'fast-check'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { createAnswerChecker, type Document } from './answers.ts'
import { type RequestDocument, type RequestOptions, requestsFor } from './hostile-requests.ts'

/** How long the fuzzer runs against one service, in seconds. */
const seconds = Number(process.env.FUZZ_SECONDS || 5)

/** Long enough for the first request of an operation on a busy machine; a property without any has failed. */
const minTimeMs = 1000

/** A failure reports its seed, with which the same requests are repeated. */
const seed = process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : undefined

/**
 * Sends hostile requests to every operation of the app's OpenAPI document, and checks each answer against it:
 * no 5xx, no undocumented status, always the documented shape. The answer to a request without an operation
 * must also be a problem.
 */
export async function fuzzOperations(
  t: TestContext,
  app: FastifyInstance,
  options: RequestOptions,
): Promise<void> {
  const document = app.swagger() as unknown as RequestDocument & Document
  const faultsOf = createFaultFinder(document)
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { tags }]) => ({
      path,
      method,
      // operations without input need less time
      share: tags?.includes(operationTag) ? 1 : 10,
    })),
  )
  const shares = operations.reduce((sum, { share }) => sum + share, 0)
  let sent = 0
  const statuses = new Map<number, number>()

  for (const [index, operation] of operations.entries()) {
    const until = performance.now() + (seconds * 1000 * operation.share) / shares
    await t.test(`${operation.method.toUpperCase()} ${operation.path}`, async () => {
      await fc.assert(
        fc.asyncProperty(requestsFor(document, operation, options), async (request) => {
          const { statusCode: status, headers, body } = await app.inject(request)
          sent++
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          const faults = faultsOf(request, { status, headers, body })
          assert.deepEqual(faults, [], `${status} ${body.slice(0, 500)}`)
        }),
        {
          numRuns: 1_000_000,
          interruptAfterTimeLimit: Math.max(minTimeMs, until - performance.now()),
          ...(seed !== undefined && { seed: seed + index }),
        },
      )
    })
  }
  const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`)
  t.diagnostic(`${sent} requests, answered ${counts.join(', ')}`)
  assert.ok(sent > 20 * operations.length, `only ${sent} requests could be sent`)
}

type Answer = { status: number; headers: Record<string, unknown>; body: string }

/** Returns a function that lists the faults of the answer to a request. */
function createFaultFinder(document: Document) {
  const check = createAnswerChecker(document)
  // of two paths that match, the one with fewer parameters wins
  const templates = Object.keys(document.paths)
    .toSorted((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => ({
      path,
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/{\w+}/g, '[^/]*')}$`),
    }))

  return ({ method = 'GET', url }: InjectOptions, answer: Answer): string[] => {
    if (answer.status >= 500) return ['a server error']
    const [pathname = ''] = String(url).split('?')
    const path = templates.find(
      (template) => template.pattern.test(pathname) && document.paths[template.path]?.[method.toLowerCase()],
    )?.path
    if (method === 'HEAD') return answer.body === '' ? [] : ['a body after HEAD']
    if (path) return check({ method, path }, answer)
    return [400, 404, 405, 413, 415].includes(answer.status)
      ? faultsOfProblem(answer)
      : ['an answer to what leads to no operation']
  }
}

function faultsOfProblem({ status, headers, body }: Answer): string[] {
  if (!/^application\/problem\+json\b/.test(String(headers['content-type']))) return ['not a problem']
  const problem = JSON.parse(body) as Record<string, unknown>
  const isWhole = problem.status === status && problem.type && problem.title && problem.detail && problem.code
  return isWhole && problem.requestId === headers['x-request-id'] ? [] : ['a problem that lacks something']
}
