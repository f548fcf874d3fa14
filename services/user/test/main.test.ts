import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { createTestDatabase } from '@shop/tests/kit/database'

const main = new URL('../src/main.ts', import.meta.url).pathname

function start(t: TestContext, env: Record<string, string>): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [main], { env: { PATH: process.env.PATH, ...env } })
  t.after(() => child.kill('SIGKILL'))
  return child
}

test('the service starts from environment variables alone, creates its key, serves, and stops on SIGTERM', async (t) => {
  const database = await createTestDatabase('user_service')
  t.after(() => database.drop())
  const service = start(t, {
    PORT: '0',
    DATABASE_URL: database.urlOf('user_service'),
    AUTH_ISSUER: 'https://issuer.test',
    AUTH_AUDIENCE: 'shop',
    DRAIN_DELAY_MS: '0',
  })
  let origin: string | undefined
  for await (const line of createInterface(service.stdout)) {
    origin = /listening at (http:\S+?)"/.exec(line)?.[1]
    if (origin) break
  }
  const keys = await database.owner.query({ text: 'SELECT FROM signing_keys' })
  assert.equal(keys.length, 1)
  assert.equal((await fetch(`${origin}/readyz`)).status, 200)

  const exited = once(service, 'exit')
  service.kill('SIGTERM')
  assert.deepEqual(await exited, [0, null])
})

test('without its configuration the service reports everything that is missing and exits', async (t) => {
  const service = start(t, { PORT: 'http' })
  const exited = once(service, 'exit')
  const message = (await service.stderr.toArray()).join('')
  assert.deepEqual(await exited, [1, null])
  for (const name of ['PORT', 'DATABASE_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE']) {
    assert.match(message, new RegExp(`^  ${name} `, 'm'))
  }
})
