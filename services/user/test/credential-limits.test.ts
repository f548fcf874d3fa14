import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, UnauthorizedError } from '@shop/service/errors'
import { createCredentialLimits } from '../src/credential-limits.ts'

const owner = { email: 'Owner@example.com', address: '198.51.100.1' }
const stranger = { email: 'owner@example.com', address: '203.0.113.66' }

const succeed = async () => 'a token'
const fail = async (admit: () => void): Promise<never> => {
  admit()
  throw new UnauthorizedError('invalid_credentials', 'no')
}

function createTestLimits(options: { attemptsPerAddress?: number; failuresPerAccount?: number } = {}) {
  let nowMs = 0
  const limits = createCredentialLimits(
    { attemptsPerAddress: 1000, failuresPerAccount: 3, ...options },
    () => nowMs,
  )
  return {
    ...limits,
    passSeconds(seconds: number) {
      nowMs += seconds * 1000
    },
    /** Returns the statuses of `count` wrong passwords. */
    async failOften(who: typeof owner, count: number) {
      const statuses: number[] = []
      for (let i = 0; i < count; i++) {
        const error = await limits.attempt(who, fail).catch((thrown: AppError) => thrown)
        statuses.push(error.status)
      }
      return statuses
    },
  }
}

const tooMany = (retryAfter: string) => (error: unknown) => {
  assert.ok(error instanceof AppError)
  assert.equal(error.status, 429)
  assert.equal(error.code, 'too_many_requests')
  assert.equal(error.headers['retry-after'], retryAfter)
  return true
}

test('after too many wrong passwords an account allows one attempt per minute, and refuses even right ones in between', async () => {
  const limits = createTestLimits()
  assert.deepEqual(await limits.failOften(stranger, 5), [401, 401, 401, 429, 429])
  await assert.rejects(limits.attempt(stranger, succeed), tooMany('60'))
  limits.passSeconds(60)
  assert.deepEqual(await limits.failOften(stranger, 2), [401, 429])
  limits.passSeconds(60)
  assert.equal(await limits.attempt(stranger, succeed), 'a token')
})

test('the account is the same in any capitalisation, and from any address', async () => {
  const limits = createTestLimits()
  await limits.failOften(stranger, 2)
  assert.deepEqual(await limits.failOften({ ...owner, address: '203.0.113.67' }, 2), [401, 429])
})

test('a stranger cannot lock the owner out of an address where the owner has logged in', async () => {
  const limits = createTestLimits()
  await limits.attempt(owner, succeed)
  assert.deepEqual(await limits.failOften(stranger, 4), [401, 401, 401, 429])
  assert.equal(await limits.attempt(owner, succeed), 'a token')
  // guessing there is limited as well
  assert.deepEqual(await limits.failOften(owner, 4), [401, 401, 401, 429])
})

test('a stranger with an account is still a stranger to other accounts', async () => {
  const limits = createTestLimits()
  await limits.attempt({ ...stranger, email: 'stranger@example.com' }, succeed)
  await limits.failOften(stranger, 3)
  await assert.rejects(limits.attempt({ ...stranger, address: '203.0.113.67' }, succeed), tooMany('60'))
})

test('neither right passwords nor our own failures count for the account', async () => {
  const limits = createTestLimits()
  for (let i = 0; i < 20; i++) await limits.attempt(owner, succeed)
  for (let i = 0; i < 20; i++) {
    const broken = limits.attempt(stranger, () => Promise.reject(new Error('the database is away')))
    await assert.rejects(broken, /the database is away/)
  }
  assert.equal(await limits.attempt(stranger, succeed), 'a token')
})

test('concurrent guesses get no more tries than consecutive ones', async () => {
  const limits = createTestLimits()
  const turns: (() => void)[] = []
  const guesses = Array.from({ length: 50 }, () =>
    limits.attempt(stranger, async (admit) => {
      await new Promise<void>((resolve) => turns.push(resolve))
      return fail(admit)
    }),
  )
  const statuses: number[] = []
  for (const [index, guess] of guesses.entries()) {
    turns[index]?.()
    statuses.push(await guess.catch((error: AppError) => error.status))
  }
  assert.equal(statuses.filter((status) => status === 401).length, 3)
  assert.equal(statuses.filter((status) => status === 429).length, 47)
})

test('the attempts per minute of an address are limited, right or wrong, for any account', async () => {
  const limits = createTestLimits({ attemptsPerAddress: 6 })
  for (let i = 0; i < 6; i++) await limits.attempt({ ...stranger, email: `${i}@example.com` }, succeed)
  await assert.rejects(limits.attempt({ ...stranger, email: '7@example.com' }, succeed), tooMany('10'))
  assert.equal(await limits.attempt(owner, succeed), 'a token')
  limits.passSeconds(10)
  assert.equal(await limits.attempt(stranger, succeed), 'a token')
})
