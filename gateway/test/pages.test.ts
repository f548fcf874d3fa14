import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { pages } from '../src/pages.ts'
import { gateways, type LocalGateway, startRecorders } from './local-gateways.ts'

const types: Record<string, string> = {
  json: 'application/json; charset=utf-8',
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'application/javascript; charset=utf-8',
}

for (const { name, start, missing } of gateways) {
  describe(name, { skip: missing }, () => {
    let services: Awaited<ReturnType<typeof startRecorders>>
    let gateway: LocalGateway
    const ask = (path: string, options: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${gateway.port}${path}`, options)

    before(async () => {
      services = await startRecorders()
      gateway = await start(services.ports)
    })
    after(async () => {
      await gateway.stop()
      await services.stop()
    })

    for (const [path, file] of Object.entries(pages)) {
      test(`${path} is a file, which caches ask for again`, async () => {
        const answer = await ask(path)
        assert.equal(answer.status, 200)
        assert.equal(await answer.text(), await readFile(file, 'utf8'))
        const { headers } = answer
        assert.equal(headers.get('content-type'), types[file.split('.').at(-1) ?? ''])
        assert.equal(headers.get('cache-control'), 'no-cache')
        assert.equal(headers.get('x-content-type-options'), 'nosniff')
        assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self';/)
        assert.ok(headers.get('x-request-id'))
        // fetch would add no-cache to a condition
        const condition = { 'if-none-match': headers.get('etag') ?? '', 'cache-control': 'max-age=0' }
        const again = await ask(path, { headers: condition })
        assert.equal(again.status, 304)
      })
    }

    test('a slash at the end and HEAD change nothing', async () => {
      const answer = await ask('/docs/', { method: 'HEAD' })
      const size = (await readFile(pages['/docs'] as string)).length
      assert.deepEqual([answer.status, answer.headers.get('content-length')], [200, String(size)])
    })

    test('other methods are refused', async () => {
      const answer = await ask('/openapi.json', { method: 'POST', body: '{}' })
      assert.equal(answer.status, 405)
      assert.equal(answer.headers.get('allow'), 'GET, HEAD')
      assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none'; frame-anc/)
      assert.equal(((await answer.json()) as { code: string }).code, 'method_not_allowed')
    })
  })
}
