import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { NoVersionBeforeError, startBefore } from '../src/before.ts'

test('a version that does not exist is refused with a reason, and leaves nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  t.after(() => rm(folder, { recursive: true }))
  await assert.rejects(
    startBefore('no-such-version', { folder, log: () => {} }),
    (error) =>
      error instanceof NoVersionBeforeError &&
      /^the version before, no-such-version, cannot be run: \S/.test(error.message),
  )
  assert.deepEqual(await readdir(folder), [])
})
