import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'
import { v7 as uuidv7 } from 'uuid'
import { isUuid, Text, Uuid, UuidList } from '../src/schemas.ts'
import { conforms } from '../src/validation.ts'
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

test('accepted text can be stored in PostgreSQL, is not blank and not too long', async () => {
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

const allCodePoints = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code))
const looksEmpty = allCodePoints.filter((character) =>
  /[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u00ad\u200b\u2060\ufeff\u115f\u1160\u3164\uffa0\u2800]/u.test(
    character,
  ),
)

test('text of only invisible characters is blank; one visible character is enough', async () => {
  const { pattern } = Text({ maxLength: 10 }) as { pattern?: string }
  const matches = (text: string) => new RegExp(pattern ?? '', 'u').test(text)
  assert.ok(looksEmpty.length > 4000)
  assert.deepEqual(
    looksEmpty.filter((character) => matches(character)),
    [],
  )
  const seen = allCodePoints.filter((character) => /[\p{L}\p{N}\p{P}\p{Sc}]/u.test(character))
  const refused = seen.filter((character) => !matches(character))
  // the Hangul fillers and the Khmer inherent vowels are letters by name, and drawn as nothing
  assert.deepEqual(
    refused.filter((character) => !looksEmpty.includes(character)),
    [],
  )

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...looksEmpty), { minLength: 1, maxLength: 9 }),
      fc.nat(8),
      async (characters, at) => {
        const empty = characters.join('')
        const named = [...characters.slice(0, at), 'ℵ', ...characters.slice(at)].join('')
        assert.equal(await accepts({ text: empty }), false)
        assert.equal(await accepts({ text: named }), !named.includes('\u0000'))
        assert.equal(await accepts({ note: empty }), !empty.includes('\u0000'))
      },
    ),
    { numRuns: 300 },
  )
})

test('a text of 60,000 bytes is refused quickly, however hard it is for the pattern', async () => {
  const texts = ['a', ' ', '\u200b', 'a\u200b', '\u{e0001}'].flatMap((unit) => [
    `${unit.repeat(60_000 / Buffer.byteLength(unit))}\u0000`,
    unit.repeat(60_000 / Buffer.byteLength(unit)),
  ])
  for (const text of texts) {
    const start = performance.now()
    assert.equal(await accepts({ text }), false)
    assert.equal(await accepts({ note: text }), false)
    assert.ok(performance.now() - start < 500, `${performance.now() - start} ms`)
  }
})

test('any UUID is accepted, of any version and in either case; nothing else is', async () => {
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

test('a list of UUIDs has 1 to maxItems of them and nothing else', () => {
  const list = UuidList({ maxItems: 3, examples: [] })
  const id = uuidv7()
  for (const good of [id, `${id},${id.toUpperCase()}`, `${id},${id},${id}`]) assert.ok(conforms(list, good))
  const bad = [
    '',
    ',',
    `${id},`,
    `,${id}`,
    `${id}, ${id}`,
    `${id};${id}`,
    `${id}\n`,
    `${id},${id},${id},${id}`,
  ]
  for (const text of bad) assert.ok(!conforms(list, text), text)
})
