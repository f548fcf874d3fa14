import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Options, readOptions, UsageError } from '../src/options.ts'
import { scenarioNames } from '../src/scenarios.ts'

const read = (...args: string[]) => readOptions(args) as Options

test('without arguments everything is measured', () => {
  assert.deepEqual(read().only, scenarioNames)
  assert.equal(read().peers, false)
})

test('--quick is shorter, and other options take precedence over it', () => {
  assert.ok(read('--quick').seconds < read().seconds)
  assert.equal(read('--quick', '--rounds', '3', '--seconds', '2.5').rounds, 3)
  assert.equal(read('--quick', '--rounds', '3', '--seconds', '2.5').seconds, 2.5)
})

test('another version is run beside it, but not with --quick unless asked for', () => {
  assert.equal(read().before, '752bde6')
  assert.equal(read('--quick').before, undefined)
  assert.equal(read('--peers').before, undefined)
  assert.equal(read('--quick', '--before', 'main').before, 'main')
})

test('--only takes scenarios in any order', () => {
  assert.deepEqual(read('--only', 'post,first-page').only, ['first-page', 'post'])
})

test('--events measures the relay, without another version or scenarios', () => {
  assert.equal(read('--events').events, true)
  assert.equal(read('--events').before, undefined)
  for (const other of [['--peers'], ['--only', 'post'], ['--before', 'main']])
    assert.throws(() => read('--events', ...other), UsageError)
})

test('--help is recognised', () => assert.equal(readOptions(['--help']), 'help'))

for (const args of [
  ['--rounds', '0'],
  ['--rounds', '1.5'],
  ['--rounds', ''],
  ['--seconds', 'many'],
  ['--only', 'first-pages'],
  ['--peers', '--only', 'post'],
  ['--fast'],
  ['quick'],
]) {
  test(`${args.join(' ')} is refused with a reason`, () => {
    assert.throws(
      () => readOptions(args),
      (error) => error instanceof UsageError && error.message.length > 10,
    )
  })
}
