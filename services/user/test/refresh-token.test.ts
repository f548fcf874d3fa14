import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { followSecret, hashSecret, nextSecret } from '../src/refresh-token.ts'

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))

test('every secret that the salts lead on from is followed to the newest, and no other is', () => {
  fc.assert(
    fc.property(secret, fc.array(secret, { maxLength: 8 }), secret, (first, salts, stranger) => {
      const secrets = [first]
      let newest = first
      for (const salt of salts) {
        newest = nextSecret(newest, salt)
        secrets.push(newest)
      }
      for (const each of secrets) assert.deepEqual(followSecret(each, salts, hashSecret(newest)), newest)
      assert.equal(followSecret(stranger, salts, hashSecret(newest)), undefined)
      // once its salt is forgotten, a secret is worth nothing
      if (salts.length > 0) assert.equal(followSecret(first, salts.slice(1), hashSecret(newest)), undefined)
    }),
    { numRuns: 200 },
  )
})
