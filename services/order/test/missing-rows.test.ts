import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createDatabase, type Database } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { standaloneDocument } from '@shop/tests/kit/standalone-document'
import { signToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, insertUser } from './app.ts'
import { outcomesOf, type PlacingOptions, startPlacing } from './placing.ts'

let database: TestDatabase
/** The connections of a second replica. */
let otherDb: Database
let productId: string

before(async () => {
  database = await createTestDatabase('order_service')
  const logger = createLogger({ name: 'other', level: 'silent' })
  otherDb = createDatabase(database.configOf('order_service'), { name: 'other', logger })
  productId = await insertProduct(database)
})
after(async () => {
  await otherDb.close()
  await database.drop()
})

const createBoth = { authCreateUsers: true, keepsProfiles: true, catalogueCreateProducts: true }

function setUp(options: PlacingOptions = createBoth, db: Database = database.db) {
  const { place, statements } = startPlacing(db, productId, options)
  return { place, names: () => statements.map(({ name }) => name) }
}

type UserRow = {
  email: string | null
  name: string | null
  hash: string | null
  role: string
  orders: number
}

async function findUser(id: string): Promise<UserRow | undefined> {
  const [row] = await database.owner.query<UserRow>({
    text: `SELECT email, name, password_hash AS hash, role,
             (SELECT count(*)::int FROM orders WHERE user_id = users.id) AS orders
           FROM users WHERE id = $1`,
    values: [id],
  })
  return row
}

const newUser = { email: null, name: null, hash: null, role: 'customer' }

test('the first order of a user whom only the issuer knows makes the row, without a password', async () => {
  const { place, names } = setUp({ authCreateUsers: true, keepsProfiles: true })
  const [one, two] = [uuidv7(), uuidv7()]
  const profile = { email: `${one}@example.com`, name: 'Zoë' }
  const order = { user: { id: one, role: 'admin' }, profile: () => profile } as const
  assert.equal(JSON.parse((await place(one, order)).body).userId, one)
  // the role is the token's, and never stored
  assert.deepEqual(await findUser(one), { ...newUser, ...profile, orders: 1 })
  assert.deepEqual(names(), ['insert-orders', 'ensure-users', 'insert-orders'])

  await place(two)
  assert.deepEqual(await findUser(two), { ...newUser, orders: 1 })
})

test('over HTTP, the email and the name are those of the token, and another token changes neither', async (t) => {
  const { app, database, close } = await createTestApp({ makesRows: createBoth })
  t.after(close)
  const id = uuidv7()
  for (const email of ['zoe@example.com', 'other@example.com']) {
    const token = await signToken({ id }, { claims: { email, email_verified: true, name: 'Zoë' } })
    const response = await app.inject({
      method: 'POST',
      url: '/orders',
      headers: { authorization: `Bearer ${token}` },
      body: { productId: uuidv7() },
    })
    assert.equal(response.statusCode, 201)
  }
  const rows = await database.owner.query({
    text: 'SELECT email, name FROM users WHERE id = $1',
    values: [id],
  })
  assert.deepEqual(rows, [{ email: 'zoe@example.com', name: 'Zoë' }])
})

test('without a User service, which would show and delete them, no email and name are stored', async () => {
  const { place } = setUp({ authCreateUsers: true })
  const id = uuidv7()
  await place(id, { profile: () => assert.fail('nobody needs the profile') })
  assert.deepEqual(await findUser(id), { ...newUser, orders: 1 })
})

test('orders of users who have a row cost no statement more, even beside one that makes a row', async () => {
  const { place, names } = setUp()
  const users = await Promise.all(Array.from({ length: 10 }, () => insertUser(database)))
  await place(users[0] as string)
  assert.deepEqual(names(), ['ensure-products', 'insert-orders'])
  await Promise.all(users.map((id) => place(id)))
  assert.deepEqual(names().slice(2), ['insert-orders'])

  const done: string[] = []
  const newcomer = uuidv7()
  await Promise.all([newcomer, ...users].map((id) => place(id).then(() => done.push(id))))
  assert.equal(done.at(-1), newcomer)
  assert.deepEqual(names().slice(3), ['insert-orders', 'ensure-users', 'insert-orders'])
})

test('50 first orders of one user at once, on two replicas, are all stored for one row', async () => {
  const replicas = [setUp(), setUp(createBoth, otherDb)]
  for (let round = 0; round < 5; round++) {
    const id = uuidv7()
    const placing = Array.from({ length: 50 }, (_, n) => replicas[n % 2]?.place(id) as Promise<unknown>)
    assert.deepEqual(await outcomesOf(placing), Array(50).fill(201))
    assert.equal((await findUser(id))?.orders, 50)
  }
})

test('first orders of many users at once, in different sequences and with one email, never wait for each other', async () => {
  const [one, other] = [setUp(), setUp(createBoth, otherDb)]
  for (let round = 0; round < 5; round++) {
    const users = Array.from({ length: 40 }, (_, n) => ({
      id: uuidv7(),
      profile: () => (n % 20 === 0 ? { email: `shared-${round}@example.com` } : {}),
    }))
    const placing = [
      ...users.map(({ id, profile }) => one.place(id, { profile })),
      ...users.toReversed().map(({ id, profile }) => other.place(id, { profile })),
    ]
    assert.deepEqual(await outcomesOf(placing), Array(80).fill(201))
    const rows = await Promise.all(users.map(({ id }) => findUser(id)))
    assert.equal(rows.filter((row) => row?.email).length, 1)
  }
})

test('a product of another catalogue, first ordered by many at once on two replicas, gets one row', async () => {
  const replicas = [setUp(), setUp(createBoth, otherDb)]
  const users = await Promise.all(Array.from({ length: 50 }, () => insertUser(database)))
  const item = uuidv7()
  const order = { items: [{ productId: item.toUpperCase(), quantity: 2 }] }
  const placing = users.map((id, n) => replicas[n % 2]?.place(id, order) as Promise<unknown>)
  assert.deepEqual(await outcomesOf(placing), Array(50).fill(201))
  const rows = await database.owner.query({
    text: 'SELECT name, description, unit_amount, currency FROM products WHERE id = $1',
    values: [item],
  })
  assert.deepEqual(rows, [{ name: 'Thing', description: '', unit_amount: 1250, currency: 'EUR' }])
})

test('a product that has a row keeps it as it is', async () => {
  const { place } = setUp()
  const kept = await insertProduct(database)
  await database.owner.query({
    text: `UPDATE products SET name = 'Ours', unit_amount = 1 WHERE id = $1`,
    values: [kept],
  })
  const { body } = await place(await insertUser(database), { items: [{ productId: kept, quantity: 1 }] })
  assert.deepEqual(JSON.parse(body).items[0].productName, 'Thing')
  const rows = await database.owner.query({
    text: 'SELECT name, unit_amount FROM products WHERE id = $1',
    values: [kept],
  })
  assert.deepEqual(rows, [{ name: 'Ours', unit_amount: 1 }])
})

test('rows that vanish while the service runs, as by a restore, are made again by the next order', async () => {
  const { place } = setUp()
  const [user, item] = [uuidv7(), uuidv7()]
  const order = { items: [{ productId: item, quantity: 1 }] }
  await place(user, order)
  await database.owner.transaction(async (tx) => {
    for (const table of ['order_events', 'order_items', 'orders'])
      await tx.query({ text: `ALTER TABLE ${table} DISABLE TRIGGER USER` })
    await tx.query({ text: 'DELETE FROM orders WHERE user_id = $1', values: [user] })
    for (const table of ['order_events', 'order_items', 'orders'])
      await tx.query({ text: `ALTER TABLE ${table} ENABLE TRIGGER USER` })
    await tx.query({ text: 'DELETE FROM users WHERE id = $1', values: [user] })
    await tx.query({ text: 'DELETE FROM products WHERE id = $1', values: [item] })
  })
  await place(user, order)
  assert.equal((await findUser(user))?.orders, 1)
})

test('without CATALOGUE_CREATE_PRODUCTS, a product that the database lacks is still a 404', async () => {
  const { place, names } = setUp({ authCreateUsers: true })
  const order = { items: [{ productId: uuidv7(), quantity: 1 }] }
  await assert.rejects(place(await insertUser(database), order), { code: 'product_not_found' })
  assert.deepEqual(names(), ['insert-orders'])
})

test('a token does not bring a deleted user back, and cannot order', async () => {
  const { place } = setUp()
  const id = await insertUser(database)
  await place(id)
  await database.owner.query({
    text: `UPDATE users SET email = NULL, password_hash = NULL, name = NULL, deleted_at = now() WHERE id = $1`,
    values: [id],
  })
  const profile = () => ({ email: 'back@example.com', name: 'Back' })
  for (const request of [{ profile }, { profile, idempotencyKey: 'a' }])
    await assert.rejects(place(id, request), { status: 403, code: 'unknown_user' })
  assert.deepEqual(await findUser(id), { ...newUser, orders: 1 })
})

test('the statement in docs/standalone.md refuses a user, with a row or without', async () => {
  const { place } = setUp()
  const [, text = ''] = /^ +(INSERT INTO users .*?;)$/ms.exec(standaloneDocument) ?? []
  const [known, stranger] = [uuidv7(), uuidv7()]
  await place(known, { profile: () => ({ email: `${known}@example.com`, name: 'Known' }) })
  for (const id of [known, stranger]) {
    await database.owner.query({ text: text.replace('<the user id>', id) })
    await assert.rejects(place(id), { code: 'unknown_user' })
    assert.partialDeepStrictEqual(await findUser(id), { ...newUser })
  }
})

test('the key of a first order is its own: a repeat is replayed', async () => {
  const { place } = setUp()
  const id = uuidv7()
  const first = await place(id, { idempotencyKey: 'a' })
  const second = await place(id, { idempotencyKey: 'a' })
  assert.deepEqual([first.replayed, second.replayed, second.body], [false, true, first.body])
  assert.equal((await findUser(id))?.orders, 1)
})

test('what a provider says of a person is stored only as far as an account can hold it', async () => {
  const { place } = setUp()
  const taken = `${uuidv7()}@example.com`
  const cases = [
    [
      { email: taken, name: 'Örn' },
      { email: taken, name: 'Örn' },
    ],
    [
      { email: taken.toUpperCase(), name: 'Second' },
      { email: null, name: 'Second' },
    ],
    [
      { email: `${'a'.repeat(251)}@b.c`, name: 'é'.repeat(250) },
      { email: null, name: 'é'.repeat(200) },
    ],
    [
      { email: '', name: '' },
      { email: null, name: null },
    ],
    [
      { email: 'q"\\{,}@example.com', name: 'NULL' },
      { email: 'q"\\{,}@example.com', name: 'NULL' },
    ],
  ] as const
  for (const [claims, stored] of cases) {
    const id = uuidv7()
    await place(id, { profile: () => ({ ...claims }) })
    assert.deepEqual(await findUser(id), { ...newUser, ...stored, orders: 1 })
  }
})

test('the order service makes rows by the functions alone, and others may not call them', async () => {
  const insert = `INSERT INTO users (email, name) VALUES ('a@example.com', 'A')`
  await assert.rejects(database.db.query({ text: insert }), { code: '42501' })
  const calls = ['ensure_user(NULL, NULL, NULL)', 'ensure_product(NULL, NULL, NULL, NULL)']
  for (const call of calls) {
    // it may: what is refused is the row
    await assert.rejects(database.db.query({ text: `SELECT ${call}` }), { code: '23502' })
    for (const role of ['user_service', 'product_service', 'relay_service'])
      await assert.rejects(
        database.owner.transaction(async (tx) => {
          await tx.query({ text: `SET LOCAL ROLE ${role}` })
          await tx.query({ text: `SELECT ${call}` })
        }),
        { code: '42501' },
      )
  }
})
