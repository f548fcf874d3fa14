import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const workflow = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8')
const script = join(root, '.ci/run')

const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' })

test('the workflow has a job for each part of .ci/run', () => {
  const [, parts = ''] = /^parts=\((.*)\)$/m.exec(readFileSync(script, 'utf8')) ?? []
  const [, jobs = ''] = /^ +part: \[(.*)\]$/m.exec(workflow) ?? []
  assert.ok(parts.startsWith('check '), 'the fastest part comes first')
  assert.deepEqual(jobs.split(', '), parts.split(' '))
})

test('an unknown part is refused before anything is done', () => {
  const { status, stdout, stderr } = run(script, 'check', 'nonsense')
  assert.deepEqual([status, stdout], [2, ''])
  assert.match(stderr, /^There is no part nonsense\. Usage: \.ci\/run \[check\|/)
})

test('the workflow may only read, and pins every action to a major version', () => {
  assert.deepEqual(workflow.match(/^permissions:\n(?: .*\n)+/m)?.[0], 'permissions:\n  contents: read\n')
  const actions = [...workflow.matchAll(/\buses: (\S+)/g)].map(([, action]) => action ?? '')
  assert.ok(actions.length > 1)
  for (const action of actions) assert.match(action, /^[\w-]+\/[\w-]+@v\d+$/)
})

const shellcheck = run('shellcheck', '--version').error && 'shellcheck is not installed here'

test('shellcheck finds no problems in .ci/run', { skip: shellcheck ?? false }, () => {
  assert.equal(run('shellcheck', script).stdout, '')
})
