import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '@shop/service/new-id'
import { validate, version } from 'uuid'

test('ids are UUIDv7 of this moment, and no two are the same, also when the pool of random bytes begins anew', () => {
  const before = Date.now()
  const ids = Array.from({ length: 10_000 }, newId)
  const after = Date.now()
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(new Set(ids.map((id) => id.slice(24))).size, ids.length, 'the last 48 bits are random')
  for (const id of ids) {
    assert.ok(validate(id) && version(id) === 7, id)
    const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
    assert.ok(time >= before && time <= after, id)
  }
})
