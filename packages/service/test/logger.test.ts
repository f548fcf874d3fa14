import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { test } from 'node:test'
import type { Logger } from 'pino'
import { createLogger } from '../src/logger.ts'

/** Returns the lines that `log` writes, parsed. */
function written(log: (logger: Logger) => void, level = 'trace'): Record<string, unknown>[] {
  const lines: string[] = []
  log(createLogger({ name: 'test', level }, { write: (line) => lines.push(line) }))
  return lines.map((line) => JSON.parse(line))
}

const names = [
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'password_hash',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'privateKey',
  'private_key',
  'authSecret',
  'AUTH_SECRET',
  'DATABASE_URL',
]

for (const name of names) {
  test(`${name} is never written, at any depth`, () => {
    const canary = { [name]: 'canary' }
    const lines = written((logger) => {
      logger.info(canary)
      logger.info({ a: canary })
      logger.info({ a: { b: { c: { d: { e: canary } } } } })
      logger.info({ list: [canary, [canary]] })
      logger.info({ [name]: { nested: 'canary' } })
      logger.info({ deep: { [name]: ['canary'] } })
    })
    assert.equal(lines.length, 6)
    const text = JSON.stringify(lines)
    assert.ok(!text.includes('canary'), text)
    assert.ok(text.includes('[redacted]'))
  })
}

test('a child logger does not write a secret in its bindings', () => {
  const text = JSON.stringify(written((logger) => logger.child({ accessToken: 'canary' }).info('hello')))
  assert.ok(text.includes('hello'))
  assert.ok(!text.includes('canary'), text)
})

test('other members are written unchanged', () => {
  const at = new Date(0)
  const [line] = written((logger) => logger.info({ id: 'x', list: [1, null, { a: true }], at }, 'hello'))
  assert.deepEqual(
    {
      id: line?.id,
      list: line?.list,
      at: line?.at,
      msg: line?.msg,
      level: line?.level,
      service: line?.service,
    },
    {
      id: 'x',
      list: [1, null, { a: true }],
      at: at.toISOString(),
      msg: 'hello',
      level: 'info',
      service: 'test',
    },
  )
})

test('an object that contains itself is cut off', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  assert.ok(JSON.stringify(written((logger) => logger.info(circle))).includes('[deeper]'))
})

test('an error is written with its code, stack and causes, without its other members', () => {
  const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(canary)' })
  const [line] = written((logger) => logger.error({ err: new Error('failed', { cause }) }))

  const text = JSON.stringify(line)
  assert.ok(!text.includes('canary'), text)
  assert.ok(line)
  const { type, message, stack, cause: logged } = line.err as Record<string, unknown>
  assert.deepEqual([type, message], ['Error', 'failed'])
  assert.match(String(stack), /logger\.test\.ts/)
  assert.deepEqual((logged as { code: string }).code, '23505')
})

test('lines below the level are not written', () => {
  assert.deepEqual(
    written((logger) => logger.info('hello'), 'warn'),
    [],
  )
})

test('a log on a full disk does not end the process', {
  skip: !existsSync('/dev/full'),
}, () => {
  const program = `
    import { createLogger } from ${JSON.stringify(import.meta.resolve('../src/logger.ts'))}
    const logger = createLogger({ name: 'test', level: 'info' })
    for (let n = 0; n < 100; n++) logger.info('x'.repeat(100_000))
    console.error('lives')`
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    encoding: 'utf8',
  })
  assert.deepEqual({ stderr, status }, { stderr: 'lives\n', status: 0 })
})
