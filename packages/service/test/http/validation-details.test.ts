import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Type } from 'typebox'
import { createService, type Service } from '../../src/http/service.ts'
import { createLogger } from '../../src/logger.ts'
import { Text, Uuid } from '../../src/schemas.ts'

let app: Service

before(async () => {
  const logger = createLogger({ name: 'test', level: 'silent' })
  app = createService({
    title: 'Test',
    version: '1.0.0',
    description: '',
    logger,
    checkReadiness: async () => {},
  })
  const body = Type.Object(
    {
      id: Type.Optional(Uuid),
      name: Type.Optional(Text({ maxLength: 5 })),
      code: Type.Optional(Type.String({ pattern: '^[A-Z]$' })),
      list: Type.Optional(Type.Array(Type.Object({ 'a/b~c': Type.Integer() }))),
    },
    { additionalProperties: false },
  )
  app.post('/things', { schema: { body } }, async () => 'ok')
  await app.ready()
})
after(() => app.close())

const cases: [body: object, errors: object[]][] = [
  [{ id: 'x' }, [{ pointer: '/id', detail: 'must be a valid uuid' }]],
  [
    { id: 'urn:uuid:00000000-0000-7000-8000-0000000f0001' },
    [{ pointer: '/id', detail: 'must be a valid uuid' }],
  ],
  [{ name: '' }, [{ pointer: '/name', detail: 'must NOT have fewer than 1 characters' }]],
  [{ code: 'aa' }, [{ pointer: '/code', detail: 'has the wrong format' }]],
  [{ more: 1 }, [{ pointer: '/more', detail: 'is not allowed' }]],
  [{ list: [{}] }, [{ pointer: '/list/0/a~1b~0c', detail: 'is required' }]],
]

for (const [body, errors] of cases) {
  test(`${JSON.stringify(body)} has one error for each place, with what was expected`, async () => {
    const response = await app.inject({ method: 'POST', url: '/things', body })
    assert.equal(response.statusCode, 400)
    assert.deepEqual(
      response
        .json()
        .errors.filter((error: { detail: string }) => !error.detail.startsWith('has the wrong format: ')),
      errors,
    )
  })
}

test('the error for text with NUL describes the allowed text', async () => {
  const response = await app.inject({ method: 'POST', url: '/things', body: { name: 'a\u0000' } })
  assert.match(response.json().errors[0].detail, /^has the wrong format: .*NUL/)
})

test('a body with a thousand errors gets a short answer', async () => {
  const body = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, n]))
  const response = await app.inject({ method: 'POST', url: '/things', body })
  assert.equal(response.json().errors.length, 20)
})
