import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createExportLinks } from '../../src/db/export-links.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

const logLines: string[] = []
let context: TestApp
let me: string
let orderId: string
let customer: { authorization: string }
let operator: { authorization: string }

before(async () => {
  context = await createTestApp({ logLines })
  me = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  orderId = await insertOrder(context.database, { userId: me, productId })
  await insertOrder(context.database, { userId: await insertUser(context.database), productId })
  customer = await asUser(me)
  operator = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

type Method = 'GET' | 'HEAD'

const download = (url: string, method: Method = 'GET') => context.app.inject({ method, url })

/** The two doors: where an address is created, and where it leads. */
const doors = [
  { create: '/orders/export', path: '/orders/export/download', headersOf: () => customer, orders: 1 },
  { create: '/admin/exports', path: '/admin/exports/download', headersOf: () => operator, orders: 2 },
]

for (const { create, path, headersOf, orders } of doors) {
  const createLink = async (body: object = { format: 'ndjson' }) => {
    const response = await context.app.inject({ method: 'POST', url: create, headers: headersOf(), body })
    assert.equal(response.statusCode, 201, response.body)
    const { url, expiresAt } = response.json() as { url: string; expiresAt: string }
    return { url, expiresAt, response, token: url.split('=')[1] as string }
  }
  const expire = (token: string) =>
    context.database.owner.query({
      text: `UPDATE export_links SET expires_at = now() WHERE token_hash = sha256($1::bytea)`,
      values: [Buffer.from(token)],
    })

  test(`${create}: the address works once, without an access token`, async () => {
    const { url, response, token } = await createLink()
    assert.equal(response.headers.location, url)
    assert.equal(response.headers['cache-control'], 'no-store')
    assert.equal(url, `${path}?token=${token}`)
    // 256 bits
    assert.match(token, /^[\w-]{43}$/)

    const first = await download(url)
    assert.equal(first.statusCode, 200)
    assert.equal(first.headers['content-type'], 'application/x-ndjson')
    assert.equal(first.headers['cache-control'], 'no-store')
    assert.match(
      String(first.headers['content-disposition']),
      /^attachment; filename="orders-[\d-]+\.ndjson"$/,
    )
    assert.equal(first.body.split('\n').length - 1, orders)
    assert.ok(first.body.includes(orderId))
    const second = await download(url)
    assert.equal(second.statusCode, 404)
  })

  test(`${create}: the format is the one that was asked for, whatever the download accepts`, async () => {
    const { url } = await createLink({ format: 'csv' })
    const response = await context.app.inject({ url, headers: { accept: 'application/x-ndjson' } })
    assert.equal(response.headers['content-type'], 'text/csv; charset=utf-8')
    assert.match(response.body, /^orderId,/)
  })

  test(`${create}: of many downloads at the same time one succeeds`, async () => {
    const { url } = await createLink()
    // as many as there are places for one user
    const answers = await Promise.all([download(url), download(url)])
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 404])
  })

  test(`${create}: HEAD does not use the address up`, async () => {
    const { url } = await createLink({ format: 'csv' })
    for (let time = 0; time < 3; time++) {
      const head = await download(url, 'HEAD')
      assert.equal(head.statusCode, 200)
      assert.equal(head.headers['content-type'], 'text/csv; charset=utf-8')
      assert.equal(head.body, '')
    }
    assert.equal((await download(url)).statusCode, 200)
    assert.equal((await download(url, 'HEAD')).statusCode, 404)
  })

  test(`${create}: unknown, used, expired and foreign addresses get the same answer`, async () => {
    const used = await createLink()
    await download(used.url)
    const expired = await createLink()
    await expire(expired.token)
    const foreign = await createLink()
    const [other = ''] = doors.map((door) => door.path).filter((each) => each !== path)
    const urls = [
      used.url,
      expired.url,
      `${path}?token=${'A'.repeat(43)}`,
      `${path}?token=${foreign.token.slice(0, -1)}`,
      `${path}?token=${foreign.token}%20`,
      `${path}?token=%27`,
      `${other}?token=${foreign.token}`,
    ]
    const bodies = new Set<string>()
    for (const url of urls) {
      const { statusCode, body, headers } = await download(url)
      assert.equal(statusCode, 404, url)
      bodies.add(body.replace(String(headers['x-request-id']), ''))
    }
    assert.equal(bodies.size, 1)
    assert.match([...bodies].join(), /"code":"export_not_found"/)
    assert.equal((await download(foreign.url)).statusCode, 200, 'the other door has not used it up')
  })

  test(`${create}: the address expires after a minute`, async () => {
    const { expiresAt } = await createLink()
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1000
    // the clocks of the database and of this process are the same
    assert.ok(seconds > 30 && seconds <= 61, `${seconds} s`)
  })

  test(`${create}: only the hash of the token is stored, and the log has neither`, async () => {
    const { url, token } = await createLink()
    const rows = await context.database.owner.query<{ row: string; hash: string }>({
      text: `SELECT export_links::text AS row, encode(token_hash, 'hex') AS hash FROM export_links`,
    })
    const hash = createHash('sha256').update(token).digest('hex')
    assert.ok(rows.some((row) => row.hash === hash))
    assert.ok(!JSON.stringify(rows).includes(token))
    await download(url, 'HEAD')
    await download(url)
    await download(url)
    await download(`${url}&token=${token}`)
    await download(`/orders/${token}?token=${token}`)
    const log = logLines.join('')
    assert.ok(log.includes(`"route":"${path}"`))
    assert.ok(!log.includes(token))
    assert.ok(!log.includes(hash))
  })
}

test('an export that cannot start leaves the address usable', async () => {
  const { headersOf, create } = doors[0] as (typeof doors)[0]
  const response = await context.app.inject({
    method: 'POST',
    url: create,
    headers: headersOf(),
    body: { format: 'csv' },
  })
  const { url } = response.json()
  await context.database.owner.query({ text: 'REVOKE SELECT ON orders FROM order_service' })
  assert.equal((await download(url)).statusCode, 500)
  await context.database.owner.query({ text: 'GRANT SELECT ON orders TO order_service' })
  assert.equal((await download(url)).statusCode, 200)
})

test('expired links are deleted, some at a time, and others are kept', async () => {
  const links = createExportLinks(context.database.db)
  await context.database.owner.query({ text: 'DELETE FROM export_links' })
  const link = { userId: me, request: { format: 'csv' } } as const
  for (let count = 0; count < 5; count++) await links.createLink('own', link)
  await context.database.owner.query({ text: 'UPDATE export_links SET expires_at = now()' })
  const { token } = await links.createLink('own', link)
  assert.deepEqual(
    [await links.deleteExpired(3), await links.deleteExpired(3), await links.deleteExpired(3)],
    [3, 2, 0],
  )
  assert.deepEqual(await links.findLink('own', token), link)
})

test("an address is only created by its door's own people", async () => {
  const create = (url: string, headers: Record<string, string>) =>
    context.app.inject({ method: 'POST', url, headers, body: { format: 'csv' } })
  assert.equal((await create('/orders/export', {})).statusCode, 401)
  assert.equal((await create('/admin/exports', {})).statusCode, 401)
  const refused = await create('/admin/exports', customer)
  assert.equal(refused.statusCode, 403)
  assert.equal(refused.json().code, 'role_required')
  // an operator's own orders, of which there are none
  const { url } = (await create('/orders/export', operator)).json()
  assert.equal((await download(url)).body.split('\r\n').length, 2)
})
