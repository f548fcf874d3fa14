import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { createSigningKeyRepository, type SigningKeyRepository } from '../src/db/signing-key-repository.ts'

let database: TestDatabase
let keys: SigningKeyRepository
let first: string

const uuid = '[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}'
const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z'

before(async () => {
  database = await createTestDatabase('user_service')
  keys = createSigningKeyRepository(database.db)
  first = (await keys.currentKey()).kid
})
after(() => database.drop())

const command = new URL('../src/rotate-keys.ts', import.meta.url).pathname

/** Runs the command like a user, but on the test's database. Rejects with its output when it fails. */
const rotate = (...args: string[]) =>
  promisify(execFile)(process.execPath, [command, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: database.urlOf('owner') },
  })

test('the command adds a key that signs later, and reports it', async () => {
  const { stdout, stderr } = await rotate()
  assert.equal(stderr, '')
  assert.match(
    stdout,
    new RegExp(
      `^added   ${uuid}: signs from ${time}, published until further notice
kept    ${first}: signs from ${time}, published until ${time}\n$`,
    ),
  )
  assert.equal((await keys.currentKey()).kid, first)
})

test('--now adds a key that signs immediately', async () => {
  const { stdout } = await rotate('--now')
  const [, added] = /^added {3}(\S+):/m.exec(stdout) ?? []
  assert.equal((await keys.currentKey()).kid, added)
})

test('--withdraw removes a key and adds one that signs immediately', async () => {
  const { stdout } = await rotate('--withdraw', first)
  const [, added] = /^added {3}(\S+):/m.exec(stdout) ?? []
  assert.match(stdout, new RegExp(`^removed ${first}$`, 'm'))
  assert.equal((await keys.currentKey()).kid, added)
  assert.ok(!(await keys.publishedKeys()).some((key) => key.kid === first))
})

test('it takes a URL without a host, as for a socket', async () => {
  const { username, password, hostname, port, pathname } = new URL(database.urlOf('owner'))
  const url = `postgres://${username}:${password}@${pathname}?host=${hostname}&port=${port}`
  const { stdout } = await promisify(execFile)(process.execPath, [command, '--now'], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
  })
  assert.match(stdout, /^added /m)
})

test('another search_path of the database makes no difference', async () => {
  const [row] = await database.owner.query<{ name: string }>({ text: 'SELECT current_database() AS name' })
  await database.owner.query({ text: `ALTER DATABASE ${row?.name} SET search_path = elsewhere` })
  assert.match((await rotate('--now')).stdout, /^added /m)
  await database.owner.query({ text: `ALTER DATABASE ${row?.name} RESET search_path` })
})

test('--help explains it and changes nothing', async () => {
  const before = await keys.publishedKeys()
  assert.match((await rotate('--help')).stdout, /^Usage: npm run keys:rotate/)
  assert.deepEqual(await keys.publishedKeys(), before)
})

test('the delay of a new key is longer than verifiers take to fetch it', async () => {
  const { stdout } = await rotate('--help')
  const [, delay, age] = /--delay-minutes +default (\d+);.* every (\d+) minutes/.exec(stdout) ?? []
  assert.ok(Number(delay) > Number(age), stdout)
})

const mistakes: [args: string[], message: RegExp][] = [
  [['--later'], /Unknown option '--later'/],
  [['now'], /Unexpected argument 'now'/],
  [['--delay-minutes', 'soon'], /--delay-minutes must be a whole number/],
  [['--delay-minutes=-1'], /--delay-minutes must be a whole number/],
  [['--withdraw', 'nonsense'], /There is no key nonsense/],
]

for (const [args, message] of mistakes) {
  test(`keys:rotate ${args.join(' ')} is reported in one line, and changes nothing`, async () => {
    const before = await keys.publishedKeys()
    await assert.rejects(rotate(...args), ({ code, stderr }: { code: number; stderr: string }) => {
      assert.equal(code, 1)
      assert.match(stderr, message)
      assert.doesNotMatch(stderr, /\n {4}at /)
      return true
    })
    assert.deepEqual(await keys.publishedKeys(), before)
  })
}
