import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { startReceiver, startTcpServer } from '@shop/tests/kit/network/receivers'
import { asUser } from '@shop/tests/kit/tokens'
import { Webhook } from 'standardwebhooks'
import { v7 as uuidv7 } from 'uuid'
import { createHooksApp, type HooksApp } from '../webhooks/hooks-app.ts'

let hooks: HooksApp

before(async () => {
  hooks = await createHooksApp()
})
after(() => hooks.close())
afterEach(async () => {
  await hooks.database.owner.query({ text: 'DELETE FROM webhooks' })
})

const url = 'https://example.com/hook'

test('POST /admin/webhooks answers with the webhook and its secret, which is shown nowhere else', async () => {
  const { status, body, response } = await hooks.call('POST', '/admin/webhooks', {
    url,
    types: ['placed', 'paid'],
    ordered: true,
    description: 'Mail',
  })
  assert.equal(status, 201)
  const { secret, id, createdAt, updatedAt, ...rest } = body
  assert.equal(response.headers.location, `/admin/webhooks/${id}`)
  assert.match(secret, /^whsec_/)
  assert.equal(createdAt, updatedAt)
  assert.deepEqual(rest, {
    url,
    types: ['placed', 'paid'],
    ordered: true,
    description: 'Mail',
    enabled: true,
    disabledReason: null,
    behind: 0,
    pausedUntil: null,
  })
  const again = await hooks.call('GET', `/admin/webhooks/${id}`)
  assert.deepEqual(again.body, { id, createdAt, updatedAt, ...rest })
  const { box } = (
    await hooks.database.owner.query<{ box: Buffer }>({ text: 'SELECT box FROM webhook_secrets' })
  )[0] as { box: Buffer }
  assert.ok(!box.toString('latin1').includes(secret.slice(6)))
})

test('GET /admin/webhooks lists all, newest first', async () => {
  const first = await hooks.addWebhook({ url })
  const second = await hooks.addWebhook({ url })
  const { body } = await hooks.call('GET', '/admin/webhooks')
  assert.deepEqual(
    body.data.map(({ id }: { id: string }) => id),
    [second.id, first.id],
  )
})

test('a webhook without types and order gets all, unordered', async () => {
  const { types, ordered } = (await hooks.call('POST', '/admin/webhooks', { url })).body
  assert.deepEqual([types, ordered], [null, false])
})

for (const refused of [
  'http:///',
  'ftp://127.0.0.1/',
  'https://me@example.com/',
  'https://169.254.169.254/latest/meta-data/',
  'https://10.0.0.1/',
  'https://[::1]/',
  'https://localhost/',
]) {
  test(`POST and PATCH refuse ${refused}`, async () => {
    const { id } = await hooks.addWebhook({ url })
    for (const { status, body } of [
      await hooks.call('POST', '/admin/webhooks', { url: refused }),
      await hooks.call('PATCH', `/admin/webhooks/${id}`, { url: refused }),
    ]) {
      assert.equal(status, 400)
      assert.equal(body.code, 'validation_failed')
      assert.equal(body.errors[0].pointer, '/url')
    }
  })
}

test('POST refuses bodies that do not fit', async () => {
  for (const body of [
    {},
    { url, types: [] },
    { url, types: ['unknown'] },
    { url, types: ['paid', 'paid'] },
    { url, secret: 'x' },
  ])
    assert.equal((await hooks.call('POST', '/admin/webhooks', body)).status, 400, JSON.stringify(body))
})

test('PATCH changes what it names, and nothing else', async () => {
  const { id, secret: _, ...webhook } = await hooks.addWebhook({ url, types: ['paid'] })
  const change = (body: object) => hooks.call('PATCH', `/admin/webhooks/${id}`, body)
  const { body: changed } = await change({ description: 'New', ordered: true })
  assert.ok(changed.updatedAt > webhook.updatedAt)
  assert.deepEqual(changed, {
    ...webhook,
    id,
    description: 'New',
    ordered: true,
    updatedAt: changed.updatedAt,
  })
  assert.equal((await change({ types: null })).body.types, null)
  assert.deepEqual((await change({ types: ['shipped'] })).body.types, ['shipped'])
  assert.equal((await change({ url: 'https://other.example/' })).body.url, 'https://other.example/')
  const { body: disabled } = await change({ enabled: false })
  assert.deepEqual([disabled.enabled, disabled.disabledReason], [false, 'operator'])
  assert.equal((await change({ enabled: true })).body.enabled, true)
  assert.equal((await change({})).status, 400)
})

test('DELETE removes a webhook with all that belongs to it', async () => {
  const { id } = await hooks.addWebhook({ url })
  assert.equal((await hooks.call('DELETE', `/admin/webhooks/${id}`)).status, 204)
  const { status, body } = await hooks.call('DELETE', `/admin/webhooks/${id}`)
  assert.deepEqual([status, body.code], [404, 'webhook_not_found'])
})

test('of more than a hundred webhooks the last is refused', async () => {
  await hooks.database.owner.query({
    text: `INSERT INTO webhooks (id, url, ordered, description, cursor, created_at, updated_at)
           SELECT gen_random_uuid(), $1, false, '', 0, now(), now() FROM generate_series(1, 100)`,
    values: [url],
  })
  const { status, body } = await hooks.call('POST', '/admin/webhooks', { url })
  assert.deepEqual([status, body.code], [409, 'too_many_webhooks'])
})

test('POST …/ping sends a signed message and says what came of it', async (t) => {
  const { url, received } = await startReceiver(t)
  const { id, secret } = await hooks.addWebhook({ url })
  const { status, body } = await hooks.call('POST', `/admin/webhooks/${id}/ping`)
  assert.equal(status, 200)
  assert.deepEqual(
    { ...body, durationMs: 0 },
    { delivered: true, status: 204, reason: null, answer: null, durationMs: 0 },
  )
  const [message] = received
  const event = new Webhook(secret).verify(message?.body ?? '', message?.headers as Record<string, string>)
  assert.equal((event as { type: string }).type, 'com.example.webhooks.ping.v1')
})

test('POST …/ping shows the start of an answer that reports a failure', async (t) => {
  const { url } = await startReceiver(t, (_received, _request, response) =>
    response.writeHead(500).end('Oh no'),
  )
  const { id } = await hooks.addWebhook({ url })
  const { body } = await hooks.call('POST', `/admin/webhooks/${id}/ping`)
  assert.deepEqual(
    { ...body, durationMs: 0 },
    { delivered: false, status: 500, reason: 'status', answer: 'Oh no', durationMs: 0 },
  )
})

test('POST …/ping of a webhook whose address is not allowed connects to nothing and shows nothing', async (t) => {
  const server = await startTcpServer(t, (socket) => socket.end('HTTP/1.1 500 Oh\r\n\r\nsecret'))
  const { id } = await hooks.addWebhook({ url })
  // as if it had been allowed before
  await hooks.database.owner.query({
    text: 'UPDATE webhooks SET url = $1',
    values: [`http://127.0.0.2:${server.port}/`],
  })
  const { body } = await hooks.call('POST', `/admin/webhooks/${id}/ping`)
  assert.deepEqual(
    { ...body, durationMs: 0 },
    { delivered: false, status: null, reason: 'address_refused', answer: null, durationMs: 0 },
  )
  assert.equal(server.sockets.size, 0)
})

test('POST …/rotate-secret: for a day messages carry the signatures of both secrets, never of three', async (t) => {
  const { url, received } = await startReceiver(t)
  const { id, secret: first } = await hooks.addWebhook({ url })
  const rotate = async () =>
    (await hooks.call('POST', `/admin/webhooks/${id}/rotate-secret`)).body.secret as string
  /** Returns which of the secrets verify the next message. */
  const verifying = async (secrets: string[]) => {
    await hooks.call('POST', `/admin/webhooks/${id}/ping`)
    const { body, headers } = received.at(-1) as (typeof received)[number]
    return secrets.filter((secret) => {
      try {
        return new Webhook(secret).verify(body, headers as Record<string, string>)
      } catch {
        return false
      }
    })
  }
  const second = await rotate()
  assert.deepEqual(await verifying([first, second]), [first, second])
  await hooks.database.owner.query({
    text: `UPDATE webhook_secrets SET expires_at = expires_at - interval '24 hours' WHERE expires_at IS NOT NULL`,
  })
  assert.deepEqual(await verifying([first, second]), [second])
  const third = await rotate()
  const fourth = await rotate()
  assert.deepEqual(await verifying([first, second, third, fourth]), [third, fourth])
})

test('every route is for operators, and for webhooks that exist', async () => {
  const id = uuidv7()
  for (const [method, path, payload] of [
    ['GET', ''],
    ['PATCH', '', { description: '' }],
    ['DELETE', ''],
    ['POST', '/ping'],
    ['POST', '/rotate-secret'],
    ['GET', '/deliveries'],
    ['POST', `/deliveries/${id}/redeliver`],
    ['POST', '/redeliver?from=2026-01-01T00:00:00Z'],
  ] as const) {
    const path_ = `/admin/webhooks/${id}${path}`
    const { status, body } = await hooks.call(method, path_, payload)
    assert.deepEqual([status, body.code], [404, 'webhook_not_found'], path)
    const send = async (headers: Record<string, string>) =>
      (await hooks.app.inject({ method, url: path_, headers, ...(payload && { payload }) })).statusCode
    assert.equal(await send(await asUser(uuidv7())), 403, path)
    assert.equal(await send({}), 401, path)
  }
})

test('POST …/ping of a webhook whose key is no longer configured', async () => {
  const { id } = await hooks.addWebhook({ url })
  await hooks.database.owner.query({ text: `UPDATE webhook_secrets SET key_id = '00000000'` })
  const { status, body } = await hooks.call('POST', `/admin/webhooks/${id}/ping`)
  assert.deepEqual([status, body.code], [503, 'webhooks_not_configured'])
})

test('without a key no webhook can be added', async () => {
  const keyless = await createHooksApp({ withoutKey: true })
  try {
    const { status, body } = await keyless.call('POST', '/admin/webhooks', { url })
    assert.deepEqual([status, body.code], [503, 'webhooks_not_configured'])
  } finally {
    await keyless.close()
  }
})
