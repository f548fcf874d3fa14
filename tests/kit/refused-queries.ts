import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

type Problem = { code: string; errors: { parameter: string }[] }

type Answer = { statusCode: number; headers: Record<string, unknown>; body: string; json(): Problem }

type List = {
  path: string
  /** GETs the path with this query string, as an authorised user. */
  get(query: string): Promise<Answer>
  /** A cursor of this list. */
  cursor(): string
  /** The parameters other than limit, offset and cursor. */
  parameters: string[]
  /**
   * Queries that this list refuses in addition to those that all lists refuse, with the parameter at fault.
   */
  refused: [query: string, parameter: string][]
}

/**
 * Refused by every list: nothing is silently corrected, and nothing reaches PostgreSQL that it would refuse.
 */
const alwaysRefused: [query: string, parameter: string][] = [
  ['?limit=0', 'limit'],
  ['?limit=101', 'limit'],
  ['?limit=-1', 'limit'],
  ['?limit=1.5', 'limit'],
  ['?limit=1e1', 'limit'],
  ['?limit=0x10', 'limit'],
  ['?limit=+5', 'limit'],
  ['?limit=%2B5', 'limit'],
  ['?limit=%205', 'limit'],
  ['?limit=5%20', 'limit'],
  ['?limit=05', 'limit'],
  ['?limit=', 'limit'],
  ['?limit', 'limit'],
  ['?limit=null', 'limit'],
  ['?limit=true', 'limit'],
  ['?limit=Infinity', 'limit'],
  ['?limit=99999999999999999999999', 'limit'],
  ['?limit=%D9%A5', 'limit'],
  ['?limit=1%00', 'limit'],
  ['?limit=1;DROP%20TABLE%20orders', 'limit'],
  ['?limit=5&limit=6', 'limit'],
  ['?limit[]=5', 'limit[]'],
  ['?Limit=5', 'Limit'],
  ['?offset=-1', 'offset'],
  ['?offset=10001', 'offset'],
  ['?offset=NaN', 'offset'],
  ['?offset=9007199254740993', 'offset'],
  ['?offset=0&offset=0', 'offset'],
  ['?cursor=', 'cursor'],
  ['?cursor=abc', 'cursor'],
  ['?cursor=%00', 'cursor'],
  [`?cursor=${'A'.repeat(38)}`, 'cursor'],
  [`?cursor=${'A'.repeat(128)}`, 'cursor'],
  [`?cursor=${'A'.repeat(5000)}`, 'cursor'],
  ['?page=2', 'page'],
  ['?__proto__=1', '__proto__'],
  ['?constructor=1', 'constructor'],
]

/** Defines the tests of a list with queries that it must refuse. */
export function testRefusedQueries({ path, get, cursor, parameters, refused }: List): void {
  for (const [query, parameter] of [...alwaysRefused, ...refused]) {
    test(`GET ${path}${query.slice(0, 50)} is refused, naming ${parameter}`, async () => {
      const response = await get(query)
      assert.equal(response.statusCode, 400, response.body)
      assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
      const problem = response.json()
      assert.equal(problem.code, 'validation_failed')
      assert.deepEqual([...new Set(namesOf(problem))], [parameter])
    })
  }

  test('offset is refused together with a cursor, even offset=0', async () => {
    const response = await get(`?cursor=${cursor()}&offset=0`)
    assert.equal(response.statusCode, 400)
    assert.deepEqual(namesOf(response.json()), ['offset'])
  })

  test('a cursor with any one character changed is refused', async () => {
    const intact = cursor()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    await fc.assert(
      fc.asyncProperty(fc.nat(intact.length - 1), fc.constantFrom(...alphabet), async (index, character) => {
        fc.pre(intact[index] !== character)
        const tampered = intact.slice(0, index) + character + intact.slice(index + 1)
        assert.equal((await get(`?cursor=${tampered}`)).statusCode, 400)
      }),
      { numRuns: 200 },
    )
  })

  test('all problems of a query are reported together', async () => {
    const problem = (await get('?limit=0&offset=-1&foo=1')).json()
    assert.deepEqual(namesOf(problem).sort(), ['foo', 'limit', 'offset'])
  })

  test('no query string leads to a 5xx or to an undocumented answer', async () => {
    const known = fc.constantFrom('limit', 'offset', 'cursor', ...parameters)
    const name = fc.oneof(known, fc.string({ unit: 'binary', maxLength: 8 }))
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.integer().map(String),
      fc.double().map(String),
      fc.constantFrom('\u0000', crypto.randomUUID(), 'null', '[object Object]', "' OR 1=1 --"),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 4 }), async (pairs) => {
        const query = pairs.map(([key, text]) => `${encode(key)}=${encode(text)}`).join('&')
        const { statusCode, body } = await get(`?${query}`)
        assert.ok(statusCode === 200 || statusCode === 400, `${query} → ${statusCode} ${body}`)
      }),
      { numRuns: 300 },
    )
  })
}

const namesOf = (problem: Problem) => problem.errors.map(({ parameter }) => parameter)

/** encodeURIComponent throws for lone surrogates; clients other than browsers may send any bytes. */
const encode = (text: string) =>
  [...Buffer.from(text, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
