import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { createLeaseRepository, type Lease, type LeaseRepository } from '../../src/db/lease-repository.ts'

let database: TestDatabase
let leases: LeaseRepository

before(async () => {
  database = await createTestDatabase('relay_service')
  leases = createLeaseRepository(database.db)
})
after(() => database.drop())
beforeEach(() => database.owner.query({ text: 'TRUNCATE relay_state' }))

const expire = () => database.owner.query({ text: `UPDATE relay_state SET lease_until = clock_timestamp()` })

async function state() {
  const [row] = await database.owner.query<{ epoch: string; token: string; holder: string; seconds: number }>(
    {
      text: `SELECT epoch, token, holder, extract(epoch FROM lease_until - clock_timestamp())::float AS seconds FROM relay_state`,
    },
  )
  assert.ok(row)
  return row
}

test('of several processes one gets the lease, for three seconds', async () => {
  const attempts = await Promise.all(Array.from({ length: 8 }, () => leases.takeOver(uuidv7())))
  const [lease, ...others] = attempts.filter((attempt) => attempt !== undefined)
  assert.deepEqual(others, [])
  const { token, holder, seconds } = await state()
  assert.deepEqual({ token, holder }, lease)
  assert.ok(seconds > 0 && seconds <= 3, `${seconds}`)
})

test('the next holder has a greater token, and so has a former one that comes again', async () => {
  const holder = uuidv7()
  const tokens: number[] = []
  for (const next of [holder, uuidv7(), holder, holder]) {
    tokens.push(Number((await leases.takeOver(next))?.token))
    await expire()
  }
  assert.deepEqual(
    tokens,
    tokens.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(tokens).size, 4)
})

test('a holder renews its lease, even late, until another has taken it', async () => {
  const lease = (await leases.takeOver(uuidv7())) as Lease
  assert.equal(await leases.renew(lease), true)
  await expire()
  assert.equal(await leases.renew(lease), true)
  assert.equal(await leases.takeOver(uuidv7()), undefined)
  await expire()
  const next = (await leases.takeOver(uuidv7())) as Lease
  assert.equal(await leases.renew(lease), false)
  await leases.release(lease)
  assert.equal(await leases.renew(next), true)
})

test('a lease that is given back can be taken immediately', async () => {
  await leases.release((await leases.takeOver(uuidv7())) as Lease)
  assert.ok(await leases.takeOver(uuidv7()))
})

test('an epoch stays as long as the database is the same one', async () => {
  await leases.takeOver(uuidv7())
  const { epoch } = await state()
  assert.match(epoch, /^[0-9a-f]{8}$/)
  await expire()
  await leases.takeOver(uuidv7())
  assert.equal((await state()).epoch, epoch)
})

test('who takes the lease in another database begins a new epoch', async () => {
  await leases.takeOver(uuidv7())
  const { epoch } = await state()
  await database.owner.query({
    text: `UPDATE relay_state SET fingerprint = 'another', lease_until = '-infinity'`,
  })
  await leases.takeOver(uuidv7())
  assert.notEqual((await state()).epoch, epoch)
})

test('a table that was made again is another database', async () => {
  const fingerprint = async () =>
    (await database.db.query<{ value: string }>({ text: 'SELECT feed_fingerprint() AS value' }))[0]?.value
  const first = await fingerprint()
  for (const text of [
    'CREATE TABLE copy (LIKE feed INCLUDING ALL)',
    'DROP TABLE feed CASCADE',
    'ALTER TABLE copy RENAME TO feed',
  ])
    await database.owner.query({ text })
  assert.notEqual(await fingerprint(), first)
})

test('an operator can begin a new epoch', async () => {
  assert.equal(await leases.beginEpoch(), undefined)
  await leases.takeOver(uuidv7())
  const { epoch } = await state()
  const next = await leases.beginEpoch()
  assert.notEqual(next, epoch)
  assert.equal((await state()).epoch, next)
})
