import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: join(root, 'ops'), encoding: 'utf8' })

const options = { skip: promtool('--version').error !== undefined && 'promtool is not installed here' }

const alerts = [...read('ops/alerts.yml').matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = '']) => name)

test("Prometheus's configuration and its rules are valid", options, () => {
  const { status, stdout, stderr } = promtool('check', 'config', 'prometheus.yml')
  assert.equal(status, 0, stdout + stderr)
})

test('each alert fires when it should, and no alert fires in a healthy shop', options, () => {
  const { status, stdout, stderr } = promtool('test', 'rules', 'alerts.test.yml')
  assert.equal(status, 0, stdout + stderr)
})

test('the unit tests of the rules have a case of both kinds for each alert', () => {
  const cases = read('ops/alerts.test.yml')
  const quiet = [...cases.matchAll(/alertname: (\w+), exp_alerts: \[\] \}/g)].map(([, name]) => name)
  const firing = [...cases.matchAll(/alertname: (\w+)\n +exp_alerts:\n +- exp_labels/g)].map(
    ([, name]) => name,
  )
  assert.ok(alerts.length > 15)
  assert.deepEqual(quiet.sort(), [...alerts].sort())
  assert.deepEqual(firing.sort(), [...alerts].sort())
})

test('docs/operations.md says for each alert what to do, in the order of the rules', () => {
  const [, section = ''] = read('docs/operations.md').split('\n## Alerts\n')
  const explained = [...(section.split('\n## ')[0] ?? '').matchAll(/^- \*\*`(\w+)`\*\*(?: \([^)]+\))?: \S/gm)]
  assert.deepEqual(
    explained.map(([, name]) => name),
    alerts,
  )
})

test('every alert says whom it wakes, and what has happened', () => {
  const rules = read('ops/alerts.yml')
    .split(/^ +- alert: /m)
    .slice(1)
  for (const rule of rules) {
    assert.match(rule, /^ +labels: \{ severity: (?:page|ticket) \}$/m)
    assert.match(rule, /^ +annotations: \{ summary: '.+' \}$/m)
  }
})
