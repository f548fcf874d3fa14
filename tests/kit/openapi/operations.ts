import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { BadGatewayError, GatewayTimeoutError, ServiceUnavailableError } from '@shop/service/errors'
import { bodyLimitBytes } from '@shop/service/http/service'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { createAnswerChecker, type Document } from './answers.ts'

/**
 * Keyed by operation, such as `GET /orders/{id}`: requests by the status they are answered with, a success
 * first.
 */
export type Cases = Record<string, Record<number, InjectOptions[]>>

/** Operations that all services have in common. */
const commonCases: Cases = {
  'GET /healthz': { 200: [{ url: '/healthz' }] },
  'GET /readyz': { 200: [{ url: '/readyz' }] },
  'GET /metrics': { 200: [{ url: '/metrics' }] },
  'GET /openapi.json': { 200: [{ url: '/openapi.json' }] },
}

/** Errors of a dependency, by the status of the resulting answer. */
const failures: Record<number, Error> = {
  500: new Error('broken'),
  502: new BadGatewayError('broken'),
  503: new ServiceUnavailableError('database_unavailable', 'broken'),
  504: new GatewayTimeoutError('broken'),
}

/**
 * Drives every operation of the app's OpenAPI document into every status documented for it, and checks the
 * answers against the document. An operation or status without a case is a failure, and so is an undocumented
 * case.
 *
 * `cases` need only contain what is specific to an operation. Refusals that work the same everywhere are
 * derived from its first success, and so are failures, on an app whose dependencies are `broken`: an object
 * that fails however it is used.
 */
export async function checkOperations(
  t: TestContext,
  options: { app: FastifyInstance; buildBroken: (broken: never) => FastifyInstance; cases: Cases },
): Promise<void> {
  const document = options.app.swagger() as unknown as Document
  const check = createAnswerChecker(document)
  const cases = { ...commonCases, ...options.cases }
  let failure: Error | undefined
  const fail = async () => {
    throw failure
  }
  const brokenApp = options.buildBroken(new Proxy(fail, { get: () => fail }) as never)
  t.after(() => brokenApp.close())

  const documented = statusesOf(document)
  const undocumented = Object.entries(cases).flatMap(([operation, answers]) =>
    Object.keys(answers)
      .filter((status) => !documented.get(operation)?.includes(Number(status)))
      .map((status) => `${operation} ${status}`),
  )
  assert.deepEqual(undocumented, [], 'undocumented cases')
  for (const [operation, statuses] of documented) {
    const [method, path] = operation.split(' ') as ['GET', string]
    const pattern = new RegExp(`^${path.replace(/{\w+}/g, '[^/?]+')}(?:\\?|$)`)
    for (const status of statuses) {
      await t.test(`${operation} ${status}`, async () => {
        const requests = requestsFor({ method, status }, cases[operation])
        assert.ok(requests.length > 0, 'there is no case for this status')
        failure = failures[status]
        for (const request of requests) {
          assert.match(String(request.url), pattern)
          const response = await (failure ? brokenApp : options.app).inject({ ...request, method })
          assert.equal(response.statusCode, status, response.body)
          const { headers, body } = response
          assert.deepEqual(check({ method, path }, { status, headers, body }), [], body)
        }
      })
    }
  }
}

/** Returns the statuses of each operation, without `default`. */
function statusesOf({ paths }: Document): Map<string, number[]> {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]): [string, number[]] => [
      `${method.toUpperCase()} ${path}`,
      Object.keys(responses).map(Number).filter(Boolean),
    ]),
  )
  return new Map(operations)
}

function requestsFor(
  { method, status }: { method: string; status: number },
  cases: Cases[string] = {},
): InjectOptions[] {
  const [success] = Object.values(cases)[0] ?? []
  return [...(cases[status] ?? []), ...(success ? variations(success, { method, status }) : [])]
}

/**
 * Returns variations of a successful request that are answered with `status`, where they are the same for all
 * operations.
 */
function variations(
  success: InjectOptions,
  { method, status }: { method: string; status: number },
): InjectOptions[] {
  if (status in failures) return [success]
  const { authorization, ...headers } = (success.headers ?? {}) as Record<string, string>
  if (status === 401 && authorization) {
    const forged = { ...headers, authorization: 'Bearer nonsense' }
    return [
      { ...success, headers },
      { ...success, headers: forged },
    ]
  }
  // a body that comes with any other method is read, wanted or not
  if (method === 'GET') return []
  const send = (type: string, body: string) => [
    { ...success, headers: { ...success.headers, 'content-type': type }, body },
  ]
  switch (status) {
    case 400:
      return send('application/json', '{')
    case 413:
      return send('application/json', ' '.repeat(bodyLimitBytes + 1))
    case 415:
      return send('text/plain', 'text')
    default:
      return []
  }
}
