import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, type TestApp } from '../app.ts'

let context: TestApp
let productId: string

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database)
})
after(() => context.close())

const get = (url: string, ifNoneMatch?: string) =>
  context.app.inject({ url, headers: ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch } })

for (const [what, path] of [
  ['a list', () => '/products?limit=5'],
  ['a product', () => `/products/${productId}`],
] as const) {
  describe(what, () => {
    test('has a weak ETag, and caches must ask', async () => {
      const { headers } = await get(path())
      assert.match(String(headers.etag), /^W\/"[\w-]{27}"$/)
      assert.equal(headers['cache-control'], 'public, no-cache')
    })

    test('is a 304 without a body for a client that has it', async () => {
      const { etag = '' } = (await get(path())).headers as { etag?: string }
      for (const tags of [etag, etag.slice(2), `"other", ${etag},"third"`, `W/"x",${etag.slice(2)}`, '*']) {
        const { statusCode, headers, body } = await get(path(), tags)
        assert.deepEqual([statusCode, body], [304, ''], tags)
        assert.deepEqual([headers.etag, headers['cache-control']], [etag, 'public, no-cache'])
        assert.equal(headers['content-type'], undefined)
      }
    })

    test('is sent to a client with another version, or with nonsense', async () => {
      const { etag = '' } = (await get(path())).headers as { etag?: string }
      for (const tags of [
        '"other"',
        etag.slice(3, -1),
        `"${etag}"`,
        'W/',
        '',
        ' *',
        `x${etag.slice(2).toUpperCase()}`,
      ])
        assert.equal((await get(path(), tags)).statusCode, 200, tags)
    })

    test('has another ETag after a change', async () => {
      const { etag } = (await get(path())).headers as { etag?: string }
      const changed = await context.app.inject({
        method: 'PATCH',
        url: `/products/${productId}`,
        headers: await asUser(uuidv7(), 'admin'),
        payload: { name: `Changed ${what}` },
      })
      assert.equal(changed.statusCode, 200)
      const again = await get(path(), etag)
      assert.equal(again.statusCode, 200)
      assert.notEqual(again.headers.etag, etag)
    })
  })
}

test('an error is no answer to keep', async () => {
  for (const url of [`/products/${uuidv7()}`, '/products?limit=0']) {
    const { statusCode, headers } = await get(url, '*')
    assert.ok(statusCode >= 400)
    assert.deepEqual([headers.etag, headers['cache-control']], [undefined, undefined])
  }
})
