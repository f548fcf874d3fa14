import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ServiceUnavailableError } from '@shop/service/errors'
import { createPasswordHasher } from '../src/password-hasher.ts'

/** Returns an algorithm whose computations the test completes. */
function heldAlgorithm() {
  const inProgress: (() => void)[] = []
  const hold = () => new Promise<void>((resolve) => inProgress.push(resolve))
  return {
    inProgress,
    hash: () => hold().then(() => '$argon2id$hash'),
    verify: () => hold().then(() => true),
  }
}

test('a hash verifies its password and no other', async () => {
  const { hash, verify } = createPasswordHasher({ concurrency: 1, queueLimit: 10 })
  const passwordHash = await hash('correct horse')
  assert.equal(await verify('correct horse', passwordHash), true)
  assert.equal(await verify('correct horse ', passwordHash), false)
})

test('without a hash a password is wrong, even if the computation says otherwise', async () => {
  const algorithm = { hash: async () => '', verify: async () => true }
  const { verify } = createPasswordHasher({ concurrency: 1, queueLimit: 0 }, algorithm)
  assert.equal(await verify('anything', undefined), false)
})

test('at most `concurrency` computations run; the others wait in order', async () => {
  const algorithm = heldAlgorithm()
  const { hash, verify } = createPasswordHasher({ concurrency: 2, queueLimit: 3 }, algorithm)
  const finished: number[] = []
  const all = [1, 2, 3, 4, 5].map((index) =>
    (index % 2 ? hash('x') : verify('x', '$argon2id$hash')).then(() => finished.push(index)),
  )
  for (let done = 1; done <= 5; done++) {
    assert.equal(algorithm.inProgress.length, Math.min(2, 6 - done))
    algorithm.inProgress.shift()?.()
    await setImmediate()
    assert.deepEqual(finished, [1, 2, 3, 4, 5].slice(0, done))
  }
  await Promise.all(all)
})

test('beyond the queue limit a computation is refused immediately; later there is room again', async () => {
  const algorithm = heldAlgorithm()
  const { verify } = createPasswordHasher({ concurrency: 1, queueLimit: 1 }, algorithm)
  const [running, waiting] = [verify('x', undefined), verify('x', undefined)]
  await assert.rejects(verify('x', undefined), (error) => {
    assert.ok(error instanceof ServiceUnavailableError)
    assert.equal(error.code, 'overloaded')
    return true
  })
  algorithm.inProgress.shift()?.()
  await running
  const later = verify('x', undefined)
  algorithm.inProgress.shift()?.()
  await waiting
  algorithm.inProgress.shift()?.()
  await later
})

test('a computation that fails frees its place', async () => {
  const algorithm = { hash: () => Promise.reject(new Error('out of memory')), verify: async () => true }
  const { hash, verify } = createPasswordHasher({ concurrency: 1, queueLimit: 0 }, algorithm)
  await assert.rejects(hash('x'), /out of memory/)
  assert.equal(await verify('x', '$argon2id$hash'), true)
})
