import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')

test('PG* variables of the shell do not reach the tests', () => {
  const argv = ['--test', '--test-global-setup=tests/kit/global-setup.ts']
  const { status, stdout } = spawnSync(
    process.execPath,
    [...argv, 'packages/service/test/http/readiness.test.ts'],
    {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, PGSSLMODE: 'require', PGHOST: 'nowhere.invalid', PGUSER: 'nobody' },
    },
  )
  assert.equal(status, 0, stdout)
  assert.match(stdout, /pass [1-9]/)
})
