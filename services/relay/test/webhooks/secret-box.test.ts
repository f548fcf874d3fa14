import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createSecretBox, encryptionKeys } from '../../src/webhooks/secret-box.ts'
import { createSecret } from '../../src/webhooks/signature.ts'

const [key, newKey] = [randomBytes(32), randomBytes(32)]
const secret = createSecret()

test('what is sealed shows nothing of the secret, and opens for its owner', () => {
  const box = createSecretBox([key])
  const sealed = box.seal(secret, 'a')
  assert.equal(box.open(sealed, 'a'), secret)
  for (const part of [
    secret.slice(6, 18),
    key.toString('base64').slice(0, 12),
    key.toString('hex').slice(0, 8),
  ])
    assert.ok(!`${sealed.box.toString('latin1')}${sealed.keyId}`.includes(part))
})

test('the same secret is never sealed into the same bytes', () => {
  const box = createSecretBox([key])
  assert.notDeepEqual(box.seal(secret, 'a').box, box.seal(secret, 'a').box)
})

test('a box does not open for another owner, or when a byte of it is changed', () => {
  const box = createSecretBox([key])
  const sealed = box.seal(secret, 'a')
  assert.throws(() => box.open(sealed, 'b'))
  for (let index = 0; index < sealed.box.length; index++) {
    const changed = Buffer.from(sealed.box)
    changed[index] = (changed[index] as number) ^ 1
    assert.throws(() => box.open({ ...sealed, box: changed }, 'a'), `byte ${index}`)
  }
  assert.throws(() => box.open({ ...sealed, box: sealed.box.subarray(0, 20) }, 'a'))
})

test('a new key encrypts while the one before still decrypts', () => {
  const sealedBefore = createSecretBox([key]).seal(secret, 'a')
  const both = createSecretBox([newKey, key])
  assert.equal(both.open(sealedBefore, 'a'), secret)
  assert.equal(createSecretBox([newKey]).open(both.seal(secret, 'a'), 'a'), secret)
  assert.throws(() => createSecretBox([newKey]).open(sealedBefore, 'a'), /is not configured/)
})

test('the setting takes keys of 32 bytes in base64 only', () => {
  const { parse } = encryptionKeys('KEY', { meaning: '' })
  assert.deepEqual(parse(`${newKey.toString('base64')}, ${key.toString('base64')}`), [newKey, key])
  for (const text of [
    '',
    'secret',
    key.toString('hex'),
    `${key.toString('base64')},`,
    key.subarray(1).toString('base64'),
  ])
    assert.equal(parse(text), undefined, text)
})
