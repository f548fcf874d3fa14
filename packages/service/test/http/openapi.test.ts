import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Answer,
  createAnswerChecker,
  type Document,
  watchAnswers,
} from '@shop/tests/kit/openapi/answers'
import { Type } from 'typebox'
import { noContent, problem, problems, success } from '../../src/http/responses.ts'
import { createTestService } from '../app.ts'

const Thing = Type.Object({ name: Type.String() }, { title: 'Thing' })

const getThing = {
  operationId: 'getThing',
  response: {
    200: success('The thing.', Thing, {
      ETag: { type: 'string', description: 'Its version.', required: true },
    }),
    ...problem(404, ['thing_not_found']),
    ...problems(503),
  },
}

const listThings = { response: { 200: success('Things.', Type.Array(Thing)), ...problems(500) } }

/** Returns a documented answer. */
const answer: Answer = {
  status: 200,
  headers: { 'x-request-id': 'a', etag: '"1"', 'content-type': 'application/json; charset=utf-8' },
  body: '{"name":"Kettle"}',
}

async function documentOf(routes: Record<string, object>) {
  const app = createTestService()
  app.register(async (plugin) => {
    for (const [url, schema] of Object.entries(routes)) plugin.get(url, { schema }, async () => ({}))
  })
  await app.ready()
  const document = app.swagger() as unknown as Document & {
    components: { schemas: Record<string, unknown> }
    tags: unknown
  }
  await app.close()
  return document
}

test('a schema with a title is written once, and referred to elsewhere', async () => {
  const { components, paths } = await documentOf({ '/things': listThings, '/things/:id': getThing })
  assert.deepEqual(Object.keys(components.schemas).sort(), [
    'Health',
    'Problem',
    'ProblemDetail',
    'Readiness',
    'Thing',
  ])
  const reference = { $ref: '#/components/schemas/Thing' }
  const list = paths['/things']?.get?.responses[200]?.content?.['application/json']
  assert.deepEqual(list, { schema: { type: 'array', items: reference } })
  assert.deepEqual(paths['/things/{id}']?.get?.responses[200]?.content?.['application/json'], {
    schema: reference,
  })
})

test('two schemas with one title are an error', async () => {
  const Other = Type.Object({ id: Type.String() }, { title: 'Thing' })
  await assert.rejects(
    documentOf({ '/things': listThings, '/others': { response: { 200: success('Another.', Other) } } }),
    /Two schemas have the title Thing/,
  )
})

const faulty: Record<string, [change: Partial<Answer>, fault: RegExp]> = {
  'an undocumented status': [{ status: 201 }, /status is not documented/],
  'another content type': [
    { headers: { ...answer.headers, 'content-type': 'text/html' } },
    /content-type: text\/html is not documented/,
  ],
  'a header too many': [{ headers: { ...answer.headers, 'x-secret': 'a' } }, /x-secret: is not documented/],
  'a header too few': [{ headers: { ...answer.headers, etag: undefined } }, /ETag: is missing/],
  'a body of another type': [{ body: '[]' }, /must be object/],
  'a member too many': [{ body: '{"name":"Kettle","cost":1}' }, /must NOT have additional properties/],
  'a member too few': [{ body: '{}' }, /must have required property 'name'/],
}

for (const [name, [change, fault]] of Object.entries(faulty)) {
  test(`${name} is found`, async () => {
    const check = createAnswerChecker(await documentOf({ '/things/:id': getThing }))
    const operation = { method: 'GET', path: '/things/{id}' }
    assert.deepEqual(check(operation, answer), [])
    const [first, ...others] = check(operation, { ...answer, ...change })
    assert.match(String(first), fault)
    assert.deepEqual(others, [])
  })
}

test('a 204 has no content in the document, and a body is found', async () => {
  const document = await documentOf({ '/things/:id': { response: { 204: noContent('Gone.') } } })
  assert.deepEqual(Object.keys(document.paths['/things/{id}']?.get?.responses[204] ?? {}).sort(), [
    'description',
    'headers',
  ])
  const check = createAnswerChecker(document)
  const operation = { method: 'GET', path: '/things/{id}' }
  const headers = { 'x-request-id': 'a' }
  assert.deepEqual(check(operation, { status: 204, headers, body: '' }), [])
  assert.deepEqual(check(operation, { status: 204, headers, body: 'null' }), [
    'a body, although 204 has none',
  ])
})

test('a header that is a number is read as one', async () => {
  const check = createAnswerChecker(await documentOf({ '/things/:id': getThing }))
  const body = JSON.stringify({
    type: 'about:blank',
    title: '',
    status: 503,
    detail: '',
    code: 'overloaded',
    requestId: 'a',
  })
  const headers = { 'x-request-id': 'a', 'content-type': 'application/problem+json' }
  const faultsOf = (retryAfter: string) =>
    check(
      { method: 'GET', path: '/things/{id}' },
      { status: 503, headers: { ...headers, 'retry-after': retryAfter }, body },
    )
  assert.deepEqual(faultsOf('1'), [])
  assert.match(String(faultsOf('soon')), /Retry-After: data must be integer/)
})

test('every answer of a watched app is checked against its document', async () => {
  const app = createTestService()
  const checkAnswers = watchAnswers(app)
  app.get('/undocumented', async () => 'x')
  app.register(async (plugin) =>
    plugin.get('/things/:id', { schema: getThing }, async () => ({ name: 'Kettle' })),
  )
  for (const url of ['/healthz', '/docs', '/nothing']) await app.inject({ url })
  checkAnswers()

  await app.inject({ url: '/undocumented' })
  await app.inject({ url: '/things/1' })
  await app.close()
  assert.throws(checkAnswers, (error: assert.AssertionError) => {
    assert.deepEqual(error.actual, [
      'GET /undocumented 200, this status is not documented',
      'GET /things/{id} 200, ETag: is missing',
    ])
    return true
  })
})
