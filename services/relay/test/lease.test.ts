import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createLogger } from '@shop/service/logger'
import type { Lease, LeaseRepository } from '../src/db/lease-repository.ts'
import { startLease } from '../src/lease.ts'

const log = createLogger({ name: 'relay', level: 'silent' })

/** A repository whose answers a test decides. */
function fakeLeases() {
  const calls: string[] = []
  let token = 0
  const answers = {
    takeOver: async (holder: string): Promise<Lease | undefined> => ({ token: String(++token), holder }),
    renew: async (_: Lease) => true,
  }
  const leases: LeaseRepository = {
    takeOver: (holder) => {
      calls.push('takeOver')
      return answers.takeOver(holder)
    },
    renew: (lease) => {
      calls.push(`renew ${lease.token}`)
      return answers.renew(lease)
    },
    release: async (lease) => void calls.push(`release ${lease.token}`),
    beginEpoch: async () => undefined,
  }
  return { leases, calls, answers }
}

/** Starts a lease whose work ends when its signal says so. */
function start(leases: LeaseRepository) {
  const events: string[] = []
  const lease = startLease(leases, {
    holder: 'me',
    log,
    work: async ({ token }, signal) => {
      events.push(`work ${token}`)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      events.push(`ended ${token}`)
    },
  })
  return { lease, events }
}

async function settle() {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

test('the lease is taken, renewed each second, and given back at the end', async () => {
  const { leases, calls } = fakeLeases()
  const { lease, events } = start(leases)
  await settle()
  assert.equal(lease.current()?.token, '1')
  await new Promise((resolve) => setTimeout(resolve, 1100))
  await lease.stop()
  assert.deepEqual(calls, ['takeOver', 'renew 1', 'release 1'])
  assert.deepEqual(events, ['work 1', 'ended 1'])
  assert.equal(lease.current(), undefined)
})

test('work ends when the lease is gone, before another is taken', async () => {
  const { leases, answers, calls } = fakeLeases()
  const { lease, events } = start(leases)
  await settle()
  answers.renew = async () => false
  await new Promise((resolve) => setTimeout(resolve, 2200))
  assert.deepEqual(events.slice(0, 3), ['work 1', 'ended 1', 'work 2'])
  assert.deepEqual(calls.slice(0, 3), ['takeOver', 'renew 1', 'takeOver'])
  await lease.stop()
})

test('work ends when a statement is refused', async () => {
  const { leases } = fakeLeases()
  const { lease, events } = start(leases)
  await settle()
  const held = lease.current() as Lease
  lease.refused({ ...held })
  assert.ok(lease.current())
  lease.refused(held)
  await settle()
  assert.deepEqual(events, ['work 1', 'ended 1'])
  assert.equal(lease.current(), undefined)
  await lease.stop()
})

test('work ends three seconds after the last renewal that was answered', async (t) => {
  const { leases, answers } = fakeLeases()
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  answers.renew = () => new Promise(() => {})
  const { lease, events } = start(leases)
  await settle()
  mock.timers.tick(2900)
  await settle()
  assert.deepEqual(events, ['work 1'])
  mock.timers.tick(101)
  await settle()
  assert.deepEqual(events, ['work 1', 'ended 1'])
  assert.equal(lease.current(), undefined)
})

test('while another process has the lease it is tried again, and so after a failure', async () => {
  const { leases, answers, calls } = fakeLeases()
  const take = answers.takeOver
  let attempts = 0
  answers.takeOver = async (holder) => {
    attempts++
    if (attempts === 1) return undefined
    if (attempts === 2) throw new Error('the database is gone')
    return take(holder)
  }
  const { lease } = start(leases)
  await new Promise((resolve) => setTimeout(resolve, 2300))
  assert.deepEqual(calls, ['takeOver', 'takeOver', 'takeOver'])
  assert.ok(lease.current())
  await lease.stop()
})
