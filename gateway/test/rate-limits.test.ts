import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withoutNginx } from '@shop/tests/kit/nginx'
import { startNginxGateway, startRecorders } from './local-gateways.ts'

/** Returns how many of `count` requests at once get each status, from a gateway that has served none before. */
async function burst(count: number, method: string, path: string) {
  const services = await startRecorders()
  const gateway = await startNginxGateway(services.ports)
  const answers = await Promise.all(
    Array.from({ length: count }, () => fetch(`http://127.0.0.1:${gateway.port}${path}`, { method })),
  )
  await gateway.stop()
  await services.stop()
  return {
    refused: answers.filter(({ status }) => status === 429),
    answered: answers.filter(({ status }) => status === 200),
  }
}

describe('nginx limits attempts with credentials from one address', { skip: withoutNginx }, () => {
  for (const line of [
    'POST /users/login',
    'POST /users/register/',
    'POST /users/refresh',
    'PATCH /users/me/password',
    'PUT /users/me/password/',
    'DELETE /users/me',
    'DELETE /users/me/',
  ]) {
    const [method, path] = line.split(' ') as [string, string]
    test(line, async () => {
      const { refused, answered } = await burst(60, method, path)
      assert.ok(refused.length > 0 && answered.length >= 20, `${refused.length} of 60 were refused`)
      const [first] = refused
      assert.ok(first)
      assert.equal(first.headers.get('retry-after'), '1')
      assert.equal(first.headers.get('ratelimit'), '"gateway";r=0;t=1')
      for (const { headers } of [...refused, ...answered])
        assert.equal(headers.get('ratelimit-policy'), '"gateway";q=20;w=4')
      // how many are left, nginx does not know
      for (const { headers } of answered) assert.equal(headers.get('ratelimit'), null)
      assert.equal(((await first.json()) as { code: string }).code, 'too_many_requests')
    })
  }

  for (const line of ['GET /users/me', 'PATCH /users/me', 'POST /users/logout', 'DELETE /users/me/x']) {
    const [method, path] = line.split(' ') as [string, string]
    test(`but not ${line}`, async () => {
      const { answered } = await burst(60, method, path)
      assert.equal(answered.length, 60)
      for (const { headers } of answered) assert.equal(headers.get('ratelimit-policy'), null)
    })
  }
})
