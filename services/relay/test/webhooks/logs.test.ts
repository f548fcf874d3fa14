import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startReceiver } from '@shop/tests/kit/network/receivers'
import { until } from '@shop/tests/kit/until'
import { place } from '../orders.ts'
import { createHooksApp } from './hooks-app.ts'

test('nothing that is logged has a secret, a signature or an answer in it', async (t) => {
  const logLines: string[] = []
  const hooks = await createHooksApp({ logLines })
  t.after(() => hooks.close())
  const { url, received } = await startReceiver(t, (_received, _request, response) => {
    response.writeHead(500).end('canary')
  })
  const { id, secret } = await hooks.addWebhook({ url: `${url}?token=canary` })
  const { secret: newSecret } = (await hooks.call('POST', `/admin/webhooks/${id}/rotate-secret`)).body
  await hooks.call('POST', `/admin/webhooks/${id}/ping`)
  hooks.startSending(t)
  await place(hooks.database.owner, hooks.shop)
  await hooks.move()
  await until(() => received.length > 2)
  // a secret that cannot be opened, and a database that fails, are logged
  await hooks.database.owner.query({ text: `UPDATE webhook_secrets SET box = '\\x00'` })
  await hooks.call('POST', `/admin/webhooks/${id}/ping`)
  await until(() => logLines.some((line) => line.includes('the secret cannot be read')))
  await hooks.database.owner.query({ text: 'ALTER TABLE webhook_deliveries RENAME TO elsewhere' })
  await until(() => logLines.some((line) => line.includes('webhooks are held up')))
  const logged = logLines.join('')
  const signatures = received.flatMap(({ headers }) => String(headers['webhook-signature']).split(' '))
  for (const canary of [secret, newSecret, 'canary', ...signatures])
    assert.ok(!logged.includes(canary.replace(/^(?:whsec_|v1,)/, '')), canary)
})
