import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'
import { v7 as uuidv7 } from 'uuid'
import { isUuid, Text, Uuid } from '../src/schemas.ts'
import { createTestService } from './app.ts'

const app = createTestService()
app.post(
  '/things',
  {
    schema: {
      body: Type.Object({
        text: Type.Optional(Text({ maxLength: 10 })),
        note: Type.Optional(Text({ minLength: 0, maxLength: 10 })),
        id: Type.Optional(Uuid),
      }),
    },
  },
  async () => 'accepted',
)
after(() => app.close())

async function accepts(body: Record<string, unknown>): Promise<boolean> {
  const response = await app.inject({ method: 'POST', url: '/things', payload: body })
  assert.ok([200, 400].includes(response.statusCode), response.body)
  return response.statusCode === 200
}

test('text is what PostgreSQL can hold, is not blank, and not too long', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\u0000', '\ud800', '🫖'), maxLength: 12 }),
      async (text) => {
        const storable = !text.includes('\u0000') && text.isWellFormed() && [...text].length <= 10
        assert.equal(await accepts({ text }), storable && text.trim() !== '')
        assert.equal(await accepts({ note: text }), storable)
      },
    ),
    { numRuns: 500 },
  )
})

test('a text of 60,000 characters is refused in no time, whatever its pattern has to go through', async () => {
  for (const text of [`${'a'.repeat(60_000)}\u0000`, ' '.repeat(60_000), `${' '.repeat(60_000)}\u0000`]) {
    const start = performance.now()
    assert.equal(await accepts({ text }), false)
    assert.equal(await accepts({ note: text }), false)
    assert.ok(performance.now() - start < 500, `${performance.now() - start} ms`)
  }
})

test('any UUID will do, of any version and in either case; nothing else', async () => {
  const id = uuidv7()
  for (const good of [id, id.toUpperCase(), crypto.randomUUID(), '00000000-0000-0000-0000-000000000000']) {
    assert.ok(await accepts({ id: good }))
    assert.ok(isUuid(good))
  }
  for (const bad of [
    '',
    `${id}\n`,
    ` ${id}`,
    `{${id}}`,
    `urn:uuid:${id}`,
    id.replaceAll('-', ''),
    `${id}0`,
    1,
    null,
  ]) {
    assert.ok(!(await accepts({ id: bad })), String(bad))
    assert.ok(!isUuid(bad), String(bad))
  }
})
