import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { Type } from 'typebox'
import { ConflictError, ServiceUnavailableError } from '../../src/errors.ts'
import { createTestService } from '../app.ts'

const logLines: string[] = []
const app = createTestService({ logLines })

app.post(
  '/things',
  { schema: { body: Type.Object({ name: Type.String() }, { additionalProperties: false }) } },
  async (_request, reply) => {
    reply.header('location', '/things/1')
    throw new ConflictError('thing_taken', 'There is such a thing.')
  },
)
app.get('/things/:id', async () => {
  throw new Error('canary at db.internal:5432', { cause: new Error('canary') })
})
app.get('/away', async () => {
  throw new ServiceUnavailableError('database_unavailable', 'The database is unavailable.', {
    retryAfterSeconds: 7,
    cause: new Error('canary'),
  })
})
app.get(
  '/choice',
  { schema: { querystring: Type.Object({ kind: Type.Enum(['a', 'b']) }, { additionalProperties: false }) } },
  async () => 'ok',
)

before(() => app.ready())
after(() => app.close())

/** Returns the problem in the answer, which must have the documented shape. */
async function problemOf(request: InjectOptions, status: number) {
  const response = await app.inject(request)
  assert.equal(response.statusCode, status, response.body)
  assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
  const problem = response.json()
  assert.equal(problem.status, status)
  assert.equal(problem.type, 'about:blank')
  assert.equal(problem.requestId, response.headers['x-request-id'])
  for (const member of ['title', 'detail', 'code']) assert.equal(typeof problem[member], 'string')
  return { problem, headers: response.headers, body: response.body }
}

const json = { 'content-type': 'application/json' }

test('an AppError is answered with its status, code and message, without headers that the route had set', async () => {
  const { problem, headers } = await problemOf(
    { method: 'POST', url: '/things', payload: { name: 'x' } },
    409,
  )
  assert.equal(problem.title, 'Conflict')
  assert.equal(problem.code, 'thing_taken')
  assert.equal(problem.detail, 'There is such a thing.')
  assert.equal(headers.location, undefined)
})

test('an unknown error is logged in full and answered with a bare 500', async () => {
  const { problem, body } = await problemOf({ url: '/things/1' }, 500)
  assert.equal(problem.code, 'internal_error')
  assert.ok(!body.includes('canary'), body)
  const line = logLines.find((text) => text.includes(problem.requestId) && text.includes('"err"'))
  assert.match(String(line), /"level":"error"/)
  assert.match(String(line), /canary at db\.internal/)
})

test('a 503 has Retry-After, and no reason', async () => {
  const { headers, body } = await problemOf({ url: '/away' }, 503)
  assert.equal(headers['retry-after'], '7')
  assert.ok(!body.includes('canary'), body)
})

test('an unknown path is a 404', async () => {
  for (const url of ['/', '/thing', '/things/1/2', '//things', '/constructor', '/%F0%9F%92%A9']) {
    const { problem } = await problemOf({ url }, 404)
    assert.equal(problem.code, 'route_not_found')
  }
})

test('a method that a path does not have is a 405 with Allow', async () => {
  const { problem, headers } = await problemOf({ method: 'DELETE', url: '/things?a=b' }, 405)
  assert.equal(problem.code, 'method_not_allowed')
  assert.equal(headers.allow, 'POST')
  const { headers: ofItem } = await problemOf({ method: 'OPTIONS', url: '/things/1' }, 405)
  assert.deepEqual(String(ofItem.allow).split(', ').sort(), ['GET', 'HEAD'])
})

test('a path that cannot be decoded is a 400, with a request id like all others', async () => {
  const { problem } = await problemOf({ url: '/things/%zz' }, 400)
  assert.equal(problem.code, 'bad_request')
})

test('a body that is too large is a 413', async () => {
  const { problem } = await problemOf(
    { method: 'POST', url: '/things', payload: { name: 'x'.repeat(65_536) } },
    413,
  )
  assert.equal(problem.code, 'body_too_large')
})

test('a body with another media type is a 415', async () => {
  for (const type of ['text/plain', 'application/xml', 'multipart/form-data', 'x']) {
    const headers = { 'content-type': type }
    const { problem } = await problemOf({ method: 'POST', url: '/things', headers, payload: '{}' }, 415)
    assert.equal(problem.code, 'unsupported_media_type')
  }
})

test('a body that cannot be parsed is a 400', async () => {
  for (const payload of ['{', '{"name": "x"', '{"name": undefined}', '{"__proto__": {}}', 'NaN']) {
    const { problem } = await problemOf({ method: 'POST', url: '/things', headers: json, payload }, 400)
    assert.equal(problem.code, 'bad_request')
  }
})

test('an empty or missing body is a 400 with that reason', async () => {
  for (const request of [{ headers: json, payload: '' }, {}]) {
    const { problem } = await problemOf({ method: 'POST', url: '/things', ...request }, 400)
    assert.equal(problem.code, 'validation_failed')
    assert.equal(problem.errors[0].pointer, '')
  }
})

test('errors in a body have a JSON Pointer, escaped as in RFC 6901', async () => {
  const { problem } = await problemOf({ method: 'POST', url: '/things', payload: { 'a/b~c': 1 } }, 400)
  assert.deepEqual(problem.errors, [
    { pointer: '/name', detail: 'is required' },
    { pointer: '/a~1b~0c', detail: 'is not allowed' },
  ])
})

test('errors in a query have the name of the parameter, as it was sent', async () => {
  const { problem } = await problemOf({ url: '/choice?kind=c&a/b~c=1' }, 400)
  assert.deepEqual(problem.errors, [
    { parameter: 'a/b~c', detail: 'is not allowed' },
    { parameter: 'kind', detail: 'must be one of a, b' },
  ])
})

test('a body with a thousand errors gets a short answer', async () => {
  const payload = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`member${n}`, n]))
  const { problem } = await problemOf({ method: 'POST', url: '/things', payload }, 400)
  assert.equal(problem.errors.length, 20)
})
