import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestService } from '../app.ts'

test('a path that cannot be decoded is a 400, logged and counted as any request', async (t) => {
  const logLines: string[] = []
  const app = createTestService({ logLines })
  t.after(() => app.close())
  for (const url of ['/%ff', '/a/%zz', '/%', '/%c0%ae', '/%e0%80%80']) {
    const response = await app.inject({ url, headers: { 'x-request-id': 'undecodable' } })
    assert.equal(response.statusCode, 400, url)
    assert.equal(response.json().code, 'bad_request')
    assert.equal(response.headers['x-request-id'], 'undecodable')
  }
  assert.equal(logLines.filter((line) => line.includes('"status":400')).length, 5)
  assert.match((await app.inject('/metrics')).body, /status="400"} 5/)
  assert.equal((await app.inject('/undecodable')).statusCode, 404)
  assert.equal((await app.inject('/%41')).statusCode, 404)
})
