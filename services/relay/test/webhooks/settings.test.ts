import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { readConfig } from '@shop/service/config'
import { startNameServer } from '@shop/tests/kit/network/name-server'
import { createConfiguredBox, createTargetPolicy, webhookSettings } from '../../src/webhooks/settings.ts'

const read = (env: Record<string, string>) => readConfig(webhookSettings, env)

test('without settings webhooks go to public addresses over https, and have no key', () => {
  const { allowList, allowHttp } = createTargetPolicy(read({}))
  assert.deepEqual([allowList.blocks, [...allowList.names], allowHttp], [[], [], false])
  assert.equal(createConfiguredBox(read({})), undefined)
})

test('the first key encrypts', () => {
  const [before, latest] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
  const sealed = createConfiguredBox(read({ WEBHOOK_ENCRYPTION_KEY: `${latest},${before}` }))?.seal(
    'a secret',
    'id',
  )
  assert.ok(sealed)
  assert.equal(createConfiguredBox(read({ WEBHOOK_ENCRYPTION_KEY: latest }))?.open(sealed, 'id'), 'a secret')
})

test('names are resolved by the DNS servers that are configured', async (t) => {
  const port = await startNameServer(t, ['192.0.2.1'])
  const { resolve } = createTargetPolicy(read({ WEBHOOK_DNS: `127.0.0.1:${port}` }))
  assert.deepEqual(await resolve('any.example'), ['192.0.2.1'])
})

test('DNS servers are addresses that may have a port', () => {
  for (const text of ['192.0.2.1', '192.0.2.1:53, 2001:db8::1', '[2001:db8::1]:53', '[2001:db8::1]'])
    assert.ok(read({ WEBHOOK_DNS: text }).webhookDns, text)
  for (const text of ['dns.example', '192.0.2.1:', '192.0.2.1:99999', ',', '2001:db8::1]:53'])
    assert.throws(() => read({ WEBHOOK_DNS: text }), /WEBHOOK_DNS must be/, text)
})
