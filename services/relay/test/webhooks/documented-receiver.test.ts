import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '@shop/commands/ports'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { Webhook } from 'standardwebhooks'
import { createSecret } from '../../src/webhooks/signature.ts'

const document = await readFile(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8')

test('the receiver in docs/webhooks.md takes what verifies, once, and refuses everything else', async (t) => {
  const [, code = ''] = /^```js\n(.*?)^```$/ms.exec(document) ?? []
  const folder = await mkdtemp(join(tmpdir(), 'receiver-'))
  cleanUp(t, () => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'receiver.mjs'), code)
  const secret = createSecret()
  const port = await freePort()
  const receiver = spawn(process.execPath, [join(folder, 'receiver.mjs')], {
    env: { WEBHOOK_SECRET: secret, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  receiver.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  cleanUp(t, async () => {
    receiver.kill()
    await once(receiver, 'exit')
  })

  const post = (headers: Record<string, string>, body: string) =>
    fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body }).then(({ status }) => status)
  while (!(await post({}, '').catch(() => undefined))) await setTimeout(20)

  const signed = (id: string, body: string, { by = secret, secondsAgo = 0 } = {}) => {
    const at = new Date(Date.now() - secondsAgo * 1000)
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(by).sign(id, at, body),
    }
    return { headers, body }
  }
  const body = '{"id":"1","sequence":"0001","type":"shop.orders.placed.v1","subject":"Crème brûlée"}'
  const send = ({ headers, body }: ReturnType<typeof signed>) => post(headers, body)

  assert.equal(await send(signed('1', body)), 204)
  assert.equal(await send(signed('1', body)), 204)
  const both = signed('1', body)
  both.headers['webhook-signature'] =
    `${signed('1', body, { by: createSecret() }).headers['webhook-signature']} ${both.headers['webhook-signature']}`
  assert.equal(await send(both), 204)
  assert.equal(output, '0001 shop.orders.placed.v1 Crème brûlée\n')

  assert.equal(await send(signed('2', body, { by: createSecret() })), 401)
  assert.equal(await send(signed('2', body, { secondsAgo: 600 })), 401)
  assert.equal(await send(signed('2', body, { secondsAgo: -600 })), 401)
  assert.equal(await send({ ...signed('2', body), body: body.replace('placed', 'paid') }), 401)
  assert.equal(await post({}, body), 401)
  const accented = { ...signed('2', body).headers, 'webhook-signature': `v1,${'é'.repeat(44)}` }
  assert.equal(await post(accented, body), 401)
  const { headers } = signed('2', body)
  assert.equal(await post({ ...headers, 'webhook-id': '3' }, body), 401)
  assert.equal(await post({ ...headers, 'webhook-timestamp': 'soon' }, body), 401)
  assert.equal(output.split('\n').length, 2)
})
