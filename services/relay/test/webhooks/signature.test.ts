import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { createSecret, signatureHeaders } from '../../src/webhooks/signature.ts'

const vectors = [
  {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1_614_265_330,
    body: '{"test": 2432232314}',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  {
    secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    id: 'msg_loFOjxBNrRLzqYUf',
    timestamp: 1_731_705_121,
    body: '{"event_type":"ping","data":{"success":true}}',
    signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  },
]

for (const { secret, signature, timestamp, ...message } of vectors) {
  test(`signs ${message.id} as the published vector`, () => {
    assert.deepEqual(signatureHeaders(message, { secrets: [secret], timestamp }), {
      'webhook-id': message.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    })
  })
}

test('a receiver verifies with either of two secrets, and with no other', () => {
  const [before, after, unknown] = [createSecret(), createSecret(), createSecret()]
  const body = '{"data":"Crème brûlée, 25 €"}'
  const timestamp = Math.floor(Date.now() / 1000)
  const headers = signatureHeaders({ id: 'an-id', body }, { secrets: [after, before], timestamp })
  for (const secret of [before, after])
    assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body))
  assert.throws(() => new Webhook(unknown).verify(body, headers), /No matching signature/)
})

test('a secret has at least 24 random bytes', () => {
  const secrets = Array.from({ length: 100 }, createSecret)
  assert.equal(new Set(secrets).size, secrets.length)
  for (const secret of secrets) {
    assert.match(secret, /^whsec_[A-Za-z0-9+/]+=*$/)
    assert.ok(Buffer.from(secret.slice('whsec_'.length), 'base64').length >= 24)
  }
})
