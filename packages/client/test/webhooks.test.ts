import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { verifyWebhook, WebhookError, type WebhookRefusal } from '../src/webhooks.ts'

const createSecret = () => `whsec_${randomBytes(32).toString('base64')}`
const [secret, oldSecret, otherSecret] = [createSecret(), createSecret(), createSecret()]
const body = '{"id":"e1","type":"shop.orders.paid.v1","data":{"productName":"Crème brûlée, 25 €"}}'

/** Headers as the reference library signs, in Node's form. */
function signed({ secrets = [secret], secondsAgo = 0, content = body } = {}) {
  const at = new Date(Date.now() - secondsAgo * 1000)
  return {
    'webhook-id': 'e1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((one) => new Webhook(one).sign('e1', at, content)).join(' '),
  }
}

const refusal = (reason: WebhookRefusal) => (error: unknown) =>
  error instanceof WebhookError && error.reason === reason

test('the published vector verifies, and nothing else in its place', async () => {
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  }
  const message = {
    body: '{"test": 2432232314}',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    toleranceSeconds: Number.MAX_SAFE_INTEGER,
  }
  assert.deepEqual(await verifyWebhook({ ...message, headers }), { test: 2432232314 })
  for (const [name, value] of Object.entries({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJe1',
    'webhook-timestamp': '1614265331',
    'webhook-signature': 'v1,h0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  }))
    await assert.rejects(
      verifyWebhook({ ...message, headers: { ...headers, [name]: value } }),
      refusal('signature_mismatch'),
    )
  const changed = { ...message, headers, body: '{"test": 2432232315}' }
  await assert.rejects(verifyWebhook(changed), refusal('signature_mismatch'))
})

test('a message is returned as its event, from text and bytes, with headers of Node and of fetch', async () => {
  const headers = signed()
  for (const given of [headers, new Headers(headers)])
    for (const content of [body, new TextEncoder().encode(body), Buffer.from(body)])
      assert.deepEqual(await verifyWebhook({ body: content, headers: given, secret }), JSON.parse(body))
})

test('while a secret is replaced, either side may have one or both of them', async () => {
  const accepted: [signers: string[], known: string | string[]][] = [
    [[secret], [oldSecret, secret]],
    [[oldSecret], [oldSecret, secret]],
    [[secret, oldSecret], secret],
    [[secret, oldSecret], oldSecret],
  ]
  for (const [secrets, known] of accepted)
    await verifyWebhook({ body, headers: signed({ secrets }), secret: known })
  for (const known of [otherSecret, [otherSecret]])
    await assert.rejects(
      verifyWebhook({ body, headers: signed({ secrets: [secret, oldSecret] }), secret: known }),
      refusal('signature_mismatch'),
    )
})

test('a message may be five minutes old or early, or what the receiver tolerates', async () => {
  for (const secondsAgo of [-295, 295]) await verifyWebhook({ body, headers: signed({ secondsAgo }), secret })
  for (const secondsAgo of [-310, 310])
    await assert.rejects(
      verifyWebhook({ body, headers: signed({ secondsAgo }), secret }),
      refusal('timestamp_out_of_tolerance'),
    )
  const headers = signed({ secondsAgo: 310 })
  await verifyWebhook({ body, headers, secret, toleranceSeconds: 600 })
  for (const timestamp of ['', '0x5', '1e9', 'now', '-1'])
    await assert.rejects(
      verifyWebhook({ body, headers: { ...headers, 'webhook-timestamp': timestamp }, secret }),
      refusal(timestamp === '' ? 'headers_missing' : 'timestamp_out_of_tolerance'),
    )
})

test('headers that are missing or no signatures are refused', async () => {
  const headers = signed()
  for (const name of Object.keys(headers))
    await assert.rejects(
      verifyWebhook({ body, headers: { ...headers, [name]: undefined }, secret }),
      refusal('headers_missing'),
    )
  const signature = headers['webhook-signature'].replace('v1,', '')
  for (const list of [signature, `v2,${signature}`, 'v1,', 'v1,%%%', 'v1a,AAAA', ' '])
    await assert.rejects(
      verifyWebhook({ body, headers: { ...headers, 'webhook-signature': list }, secret }),
      refusal('signature_mismatch'),
    )
})

test('a secret that is none is a mistake of the receiver, whatever the message', async () => {
  for (const bad of ['', 'whsec_', 'whsec_%%%', 'whsec_c2hvcnQ=', []])
    await assert.rejects(verifyWebhook({ body, headers: signed(), secret: bad }), TypeError)
})
