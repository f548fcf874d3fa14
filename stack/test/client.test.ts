import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { installPackage } from '@shop/client/scripts/install-package'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { chromium } from 'playwright-core'
import { prepare, untilOpen } from './launcher.ts'

const run = promisify(execFile)

/** The Node of the machine, which is older than the one that comes with the project. */
const olderNode = ['/usr/bin/node', '/usr/local/bin/node'].find(existsSync)
const browser = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync)

/** What the README's example prints: the catalogue, then the orders. */
function assertPrinted(lines: string[]) {
  assert.deepEqual(lines.slice(0, 1), ['Glass coffee server 6800'])
  assert.ok(lines.includes('Pour-over kettle 4900'), lines.join('\n'))
  assert.match(lines[8] ?? '', /^[0-9A-Z]{5}-[0-9A-Z]{5} cancelled$/)
}

test('the packed client, installed elsewhere, does what its README says', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'client-'))
  cleanUp(t, () => rm(folder, { recursive: true }))
  const { env, gateway, launch } = await prepare(t)
  const [project] = await Promise.all([installPackage(folder), untilOpen(launch(env))])
  const readme = await readFile(join(project, 'node_modules/@shop/client/README.md'), 'utf8')
  const [, example = ''] = /```js\n(.*?)```/s.exec(readme) ?? []
  assert.equal(example.trimEnd().split('\n').length, 10)
  const code = example.replace('http://127.0.0.1:8080', gateway)
  assert.notEqual(code, example)

  for (const [name, node] of Object.entries({ 'this Node': process.execPath, 'an older Node': olderNode })) {
    await t.test(`in ${name}`, { skip: !node && 'no other Node is installed here' }, async (t) => {
      const version = (await run(node ?? '', ['--version'])).stdout.trim()
      t.diagnostic(version)
      await writeFile(join(project, 'example.js'), code)
      const { stdout } = await run(node ?? '', ['example.js'], { cwd: project })
      assertPrinted(stdout.trim().split('\n'))
    })
  }

  await t.test('in Chromium', { skip: !browser && 'Chromium is not installed here' }, async (t) => {
    const launched = await chromium.launch({ executablePath: browser ?? '', args: ['--no-sandbox'] })
    cleanUp(t, () => launched.close())
    t.diagnostic(launched.version())
    const page = await launched.newPage()
    const printed: string[] = []
    page.on('console', (message) => printed.push(message.text()))
    page.on('pageerror', (error) => printed.push(String(error)))
    // the page comes from the gateway's origin, as those of the shop do, and the modules as npm installed them
    await page.route(`${gateway}/trial/**`, async (route) => {
      const { pathname, search } = new URL(route.request().url())
      const path = pathname.replace('/trial/', '')
      if (path === 'index.html')
        return route.fulfill({ contentType: 'text/html', body: pageOf(search ? '' : code) })
      const body = await readFile(join(project, 'node_modules', path), 'utf8')
      return route.fulfill({ contentType: 'text/javascript', body })
    })
    await page.goto(`${gateway}/trial/index.html`)
    await page.waitForFunction('globalThis.ended', undefined, { timeout: 30_000 }).catch(() => {
      assert.fail(printed.join('\n'))
    })
    assertPrinted(printed)
    // the cookie that the browser keeps, and hides from pages, restores the session of a page that is loaded again
    await page.goto(`${gateway}/trial/index.html?without=example`)
    assert.equal(await page.evaluate(followed), 'placed')
  })
})

/** A page that has just been loaded: places an order as soon as it follows the stream, and returns its first event. */
const followed = `(async () => {
  const { createSession, createShop } = await import('@shop/client')
  const { orders } = createShop({ token: createSession().token })
  let order
  for await (const update of orders.follow({ signal: AbortSignal.timeout(20_000) })) {
    if (update.type === 'reload')
      order = await orders.place({ productId: '00000000-0000-7000-8000-0000000f0002' })
    else if (update.order.id === order.id) return update.event
  }
})()`

function pageOf(code: string) {
  const imports = {
    '@shop/client': './@shop/client/index.js',
    'openapi-fetch': './openapi-fetch/dist/index.mjs',
  }
  return `<!doctype html>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
${code}
globalThis.ended = true
</script>`
}
