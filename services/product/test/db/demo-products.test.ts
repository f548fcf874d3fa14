import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { seed } from '@shop/database/migrations'
import { services } from '@shop/database/services'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { NewProduct, type Product } from '../../src/product.ts'
import { createTestApp, type TestApp } from '../app.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

const seedProducts = () =>
  seed({
    databaseUrl: context.database.urlOf('owner'),
    services: services.filter(({ name }) => name === 'product'),
  })

async function list(): Promise<Product[]> {
  return (await context.app.inject({ url: '/products?limit=100' })).json().data
}

test('the demo data is eight products with fixed ids, in three currencies, none of them new', async () => {
  assert.equal(await seedProducts(), 8)
  const products = await list()
  assert.deepEqual(
    products.map(({ id }) => id).sort(),
    [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `00000000-0000-7000-8000-0000000f000${n}`),
  )
  assert.deepEqual([...new Set(products.map(({ currency }) => currency))].sort(), ['EUR', 'JPY', 'USD'])
  for (const { createdAt } of products) {
    assert.ok(Date.now() - Date.parse(createdAt) > 100 * 24 * 3600 * 1000)
  }
})

test('an admin could create the demo products', async () => {
  const headers = await asUser(uuidv7(), 'admin')
  for (const product of await list()) {
    const members = Object.keys(NewProduct.properties) as (keyof NewProduct)[]
    const payload = Object.fromEntries(members.map((member) => [member, product[member]]))
    const response = await context.app.inject({ method: 'POST', url: '/products', headers, payload })
    assert.equal(response.statusCode, 201, response.body)
  }
})

test('seeding again inserts missing rows and changes no existing ones', async () => {
  const gone = '00000000-0000-7000-8000-0000000f0001'
  const renamed = '00000000-0000-7000-8000-0000000f0002'
  await context.products.changeProduct(renamed, { name: 'Renamed' })
  await context.database.owner.query({ text: 'DELETE FROM products WHERE id = $1', values: [gone] })

  assert.equal(await seedProducts(), 1)
  assert.equal(await seedProducts(), 0)
  assert.equal((await context.products.findProduct(renamed)).name, 'Renamed')
  assert.equal((await context.products.findProduct(gone)).name, 'Pour-over kettle')
})
