import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, ConfigError, integer, oneOf, optional, readConfig, text, url } from '../src/config.ts'

const settings = {
  port: integer('PORT', { meaning: 'The port', min: 1, max: 65_535, default: 3000 }),
  workers: integer('WORKERS', { meaning: 'How many', min: 1, max: 8 }),
  level: oneOf('LEVEL', { meaning: 'How loud', choices: ['low', 'high'], default: 'low' }),
  base: url('BASE_URL', { meaning: 'Where', protocols: ['http:', 'https:'] }),
  secret: text('SECRET', { meaning: 'Hush', minLength: 8, secret: true }),
  note: optional(text('NOTE', { meaning: 'Anything' })),
}
const valid = { WORKERS: '2', BASE_URL: 'http://127.0.0.1:1', SECRET: '12345678' }

function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(settings, env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
  return []
}

test('variables become a typed object; an unset one has its default or is left out', () => {
  assert.deepEqual(readConfig(settings, valid), {
    port: 3000,
    workers: 2,
    level: 'low',
    base: 'http://127.0.0.1:1',
    secret: '12345678',
  })
})

test('the type of a configuration follows from its settings', () => {
  const config: Config<typeof settings> = readConfig(settings, valid)
  const { port, level, note }: { port: number; level: 'low' | 'high'; note?: string | undefined } = config
  assert.deepEqual([port, level, note], [3000, 'low', undefined])
  assert.equal('note' in config, false)
  const { note: _, ...required } = settings
  // @ts-expect-error an object written by hand needs every required setting
  const incomplete: Config<typeof required> = { port, level, base: '' }
  const complete: Config<typeof settings> = { ...incomplete, workers: 1, secret: '' }
  assert.equal(complete.note, undefined)
})

test('an empty variable counts as unset', () => {
  const config = readConfig(settings, { ...valid, PORT: '', NOTE: '' })
  assert.equal(config.port, 3000)
  assert.equal(config.note, undefined)
})

test('all problems are reported together, by the names of the variables', () => {
  const problems = problemsOf({ PORT: '0', LEVEL: 'loud', BASE_URL: 'ftp://x' })
  assert.deepEqual(
    problems.map((problem) => problem.split(' ')[0]),
    ['PORT', 'WORKERS', 'LEVEL', 'BASE_URL', 'SECRET'],
  )
})

test('the message names what is expected and what was found', () => {
  assert.deepEqual(problemsOf({ ...valid, PORT: '70000' }), [
    'PORT must be a whole number from 1 to 65535, not "70000"',
  ])
  assert.deepEqual(problemsOf({ ...valid, WORKERS: undefined }), [
    'WORKERS is required: How many (a whole number from 1 to 8)',
  ])
})

test('no message contains the value of a secret', () => {
  assert.deepEqual(problemsOf({ ...valid, SECRET: 'canary' }), [
    'SECRET must be text of at least 8 characters',
  ])
})

for (const value of ['1e3', '0x10', '-1', '+1', ' 1', '1 ', '1.0', 'NaN', 'Infinity', '٣', '9'.repeat(400)]) {
  test(`${JSON.stringify(value.slice(0, 20))} is not a whole number`, () => {
    assert.equal(problemsOf({ ...valid, PORT: value }).length, 1)
  })
}

test('the bounds of a number are included', () => {
  assert.deepEqual(problemsOf({ ...valid, WORKERS: '1' }), [])
  assert.deepEqual(problemsOf({ ...valid, WORKERS: '8' }), [])
  assert.equal(problemsOf({ ...valid, WORKERS: '9' }).length, 1)
})

for (const value of ['127.0.0.1:80', '/path', 'javascript:alert(1)', 'http://', 'postgres://x']) {
  test(`${value} is not an HTTP URL`, () => {
    assert.equal(problemsOf({ ...valid, BASE_URL: value }).length, 1)
  })
}

test("PostgreSQL's URL of a socket may name a user, which goes into its parameters", () => {
  const read = (DATABASE_URL: string) =>
    readConfig(
      { database: url('DATABASE_URL', { meaning: 'Where', protocols: ['postgres:'] }) },
      { DATABASE_URL },
    ).database
  assert.equal(
    read('postgres://me:p%40ss@/shop?host=/run/postgresql'),
    'postgres:///shop?host=%2Frun%2Fpostgresql&user=me&password=p%40ss',
  )
  assert.equal(read('postgres://me@/shop?host=/run&user=other'), 'postgres:///shop?host=/run&user=other')
  assert.equal(read('postgres://me@host/shop'), 'postgres://me@host/shop')
  assert.throws(() => read('http://me@/shop'), /DATABASE_URL must be a URL starting with postgres:/)
})
