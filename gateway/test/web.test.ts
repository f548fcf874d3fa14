import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { gateways, type LocalGateway, startRecorders } from './local-gateways.ts'

const script = `console.log(${JSON.stringify('long enough to compress '.repeat(100))})`
const files = {
  'index.html': '<!doctype html><title>Home</title>',
  'desk/index.html': '<!doctype html><title>Desk</title>',
  'assets/desk-a1B2_c3-.js': script,
  'assets/desk-a1b2c3d4.css': 'body { margin: 0 }',
  'assets/icon-a1b2c3d4.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
}

/** A folder such as the build of web/ makes. */
async function writeBuild(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'web-'))
  for (const name of ['assets', 'desk']) await mkdir(join(folder, name))
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content)
    if (name.endsWith('.js')) await writeFile(join(folder, `${name}.gz`), gzipSync(content))
  }
  return folder
}

for (const { name, start, missing } of gateways) {
  describe(name, { skip: missing }, () => {
    let services: Awaited<ReturnType<typeof startRecorders>>
    let webDir: string
    let gateway: LocalGateway
    const ask = (path: string, options: RequestInit = {}, { port } = gateway) =>
      fetch(`http://127.0.0.1:${port}${path}`, options)

    before(async () => {
      services = await startRecorders()
      webDir = await writeBuild()
      gateway = await start(services.ports, { webDir })
    })
    after(async () => {
      await gateway.stop()
      await services.stop()
      await rm(webDir, { recursive: true })
    })

    for (const [path, file] of [
      ['/', 'index.html'],
      ['/?from=mail', 'index.html'],
      ['/desk', 'desk/index.html'],
      ['/desk/', 'desk/index.html'],
      ['/desk/orders/0190a000-0000-7000-8000-000000000001?status=paid,shipped', 'desk/index.html'],
      ['/desk/assets/desk-a1b2c3d4.js', 'desk/index.html'],
    ] as const) {
      test(`${path} answers the entry, which caches ask for again`, async () => {
        const answer = await ask(path)
        assert.deepEqual([answer.status, await answer.text()], [200, files[file]])
        const { headers } = answer
        assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
        assert.equal(headers.get('cache-control'), 'no-cache')
        assert.equal(headers.get('x-content-type-options'), 'nosniff')
        const policy = headers.get('content-security-policy') ?? ''
        assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
        assert.doesNotMatch(policy, /unsafe|\*|https?:/)
        // fetch would add no-cache to a condition
        const condition = { 'if-none-match': headers.get('etag') ?? '', 'cache-control': 'max-age=0' }
        assert.equal((await ask(path, { headers: condition })).status, 304)
      })
    }

    test('an asset is kept for ever, and comes compressed to those who can read it', async () => {
      for (const [name, type] of [
        ['desk-a1B2_c3-.js', /^application\/javascript; charset=utf-8$/],
        ['desk-a1b2c3d4.css', /^text\/css; charset=utf-8$/],
        ['icon-a1b2c3d4.svg', /^image\/svg\+xml/],
      ] as const) {
        const answer = await ask(`/assets/${name}`)
        assert.deepEqual([answer.status, await answer.text()], [200, files[`assets/${name}`]])
        assert.match(answer.headers.get('content-type') ?? '', type)
        assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
        assert.equal(
          answer.headers.get('content-encoding'),
          name.endsWith('.js') ? 'gzip' : null,
          'fetch accepts gzip',
        )
        if (name.endsWith('.js')) assert.match(answer.headers.get('vary') ?? '', /accept-encoding/i)
      }
      const plain = await ask('/assets/desk-a1B2_c3-.js', { headers: { 'accept-encoding': 'identity' } })
      assert.deepEqual([await plain.text(), plain.headers.get('content-encoding')], [script, null])
    })

    test('a missing asset is a 404 that nothing caches, never a page', async () => {
      for (const path of [
        '/assets/desk-00000000.js',
        '/assets/',
        '/assets',
        '/assets/desk/index.html',
        '/index.html',
        '/desk-a1b2c3d4.css',
        '/deskx',
        '/Desk',
      ]) {
        const answer = await ask(path)
        assert.equal(answer.status, 404, path)
        assert.equal(((await answer.json()) as { code: string }).code, 'route_not_found')
        assert.equal(answer.headers.get('cache-control'), null)
        assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none'; frame-anc/)
      }
    })

    test('HEAD is answered, other methods are refused', async () => {
      const head = await ask('/desk/orders', { method: 'HEAD' })
      assert.deepEqual([head.status, await head.text()], [200, ''])
      const posted = await ask('/desk/orders', { method: 'POST', body: 'x' })
      assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD'])
    })

    test('the closed door of the operators closes their desk, and leaves the rest open', async () => {
      const closed = await start(services.ports, { webDir, operatorsDoor: 'closed' })
      try {
        const statuses = []
        for (const path of ['/desk', '/desk/orders', '/', '/assets/desk-a1b2c3d4.css'])
          statuses.push((await ask(path, {}, closed)).status)
        assert.deepEqual(statuses, [404, 404, 200, 200])
      } finally {
        await closed.stop()
      }
    })
  })
}
