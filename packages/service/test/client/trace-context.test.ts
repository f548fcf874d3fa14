import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traceparentOf } from '../../src/client/trace-context.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const span = '00f067aa0ba902b7'

test('a valid traceparent is returned', () => {
  const traceparent = `00-${trace}-${span}-01`
  assert.equal(traceparentOf({ traceparent }), traceparent)
})

for (const traceparent of [
  undefined,
  '',
  `00-${trace}-${span}`,
  `00-${trace}-${span}-01-more`,
  `01-${trace}-${span}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
])
  test(`${traceparent} is left out`, () => assert.equal(traceparentOf({ traceparent }), undefined))
