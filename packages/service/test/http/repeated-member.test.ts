import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { repeatedMember } from '../../src/http/repeated-member.ts'

for (const [text, pointer] of [
  ['{"a":1,"a":1}', '/a'],
  ['{"a":1,"b":2,"a":null}', '/a'],
  [String.raw`{"a":1,"\u0061":2}`, '/a'],
  [String.raw`{"\u00e9":1,"é":2}`, '/é'],
  [String.raw`{"\ud83d\ude00":1,"😀":2}`, '/😀'],
  [String.raw`{"\"":1,"\u0022":2}`, '/"'],
  [String.raw`{"\\":1,"\u005c":2}`, '/\\'],
  ['{"":1,"":2}', '/'],
  ['{"a/b~c":1,"a/b~c":2}', '/a~1b~0c'],
  ['{"a":{"b":{"c":1,"c":2}}}', '/a/b/c'],
  ['[0,[],{"a":[{"b":1},{"b":1,"b":2}]}]', '/2/a/1/b'],
  ['{"a":{"x":1},"b":{"x":1,"y":"{","x":2}}', '/b/x'],
  ['{"length":1,"length":2}', '/length'],
  ['{"a":1,"a":{"b":1,"b":2}}', '/a'],
  [' { "a" : [ 1 , 2 ] , "a" : 3 } ', '/a'],
] as const) {
  test(`${text} repeats ${pointer}`, () => {
    JSON.parse(text)
    assert.equal(repeatedMember(text), pointer)
  })
}

for (const text of [
  '{"a":"a","b":"a"}',
  '{"a":"b\\",\\"a\\":1","b":1}',
  '[{"a":1},{"a":1}]',
  '{"a":{"a":{"a":1}}}',
  '{"a":["a","a"],"A":1}',
  '["a:","a:",":"]',
  '"a"',
  '1',
  '[]',
  '{}',
  '{"é":1,"e\u0301":2}',
]) {
  test(`${text} repeats nothing`, () => {
    JSON.parse(text)
    assert.equal(repeatedMember(text), undefined)
  })
}

test('JSON made from a value repeats no member; with a copied member it does', () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (text, name) => {
      assert.equal(repeatedMember(text), undefined)
      const member = `${JSON.stringify(name)}:${text}`
      const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      assert.equal(repeatedMember(`[{${member},${member}}]`), `/0${pointer}`)
    }),
    { numRuns: 1000 },
  )
})
