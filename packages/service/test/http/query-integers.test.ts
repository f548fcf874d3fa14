import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'
import { createTestService } from '../app.ts'

const app = createTestService()
app.get(
  '/things',
  {
    schema: {
      querystring: Type.Object(
        { count: Type.Optional(Type.Integer()), name: Type.Optional(Type.String()) },
        { additionalProperties: false },
      ),
    },
  },
  async (request) => request.query,
)
after(() => app.close())

const get = (query: string) => app.inject({ url: `/things?${query}` })

test('every whole number of up to 15 digits arrives as a number', async () => {
  const bound = 999_999_999_999_999
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -bound, max: bound }), async (count) => {
      assert.deepEqual((await get(`count=${count}`)).json(), { count })
    }),
  )
})

test('no other text becomes a number', async () => {
  const other = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom(...'0123456789+-.eExX _,'), maxLength: 20 }),
      fc.double().map(String),
      fc.constantFrom(
        '-0',
        '00',
        '1e1',
        '0x10',
        '0b1',
        '1_000',
        '+5',
        ' 5',
        '5 ',
        '5.0',
        '٥',
        'NaN',
        'Infinity',
      ),
    )
    .filter((text) => !/^(?:0|-?[1-9]\d{0,14})$/.test(text))
  await fc.assert(
    fc.asyncProperty(other, async (text) => {
      const response = await get(`count=${encodeURIComponent(text.toWellFormed())}`)
      assert.equal(response.statusCode, 400, response.body)
    }),
    { numRuns: 500 },
  )
})

test('a parameter that is text stays text, even if it looks like a number', async () => {
  assert.deepEqual((await get('name=5')).json(), { name: '5' })
})

test('a repeated number is refused', async () => {
  assert.equal((await get('count=1&count=1')).statusCode, 400)
})
