import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { buildGateway } from '@shop/gateway/gateway'
import { createLogger } from '@shop/service/logger'
import { builtPages } from '@shop/web/build'
import { openDesk, origin, rows, useBrowser, withoutChromium } from './kit.ts'

describe('a deploy under an open tab', { skip: withoutChromium }, () => {
  useBrowser()

  test('the tab loads itself again, once, when a part of the old build is gone', async (t) => {
    const webDir = await mkdtemp(join(tmpdir(), 'deploy-'))
    await cp(builtPages, webDir, { recursive: true })
    // the pages of this folder, and all else from the gateway under test
    const gateway = buildGateway({
      webDir,
      upstreams: { user: origin, product: origin, order: origin, relay: origin },
      logger: createLogger({ name: 'gateway', level: 'error' }, { write: () => {} }),
      operatorsDoor: 'open',
    })
    const baseURL = await gateway.listen({ host: '127.0.0.1', port: 0 })
    t.after(async () => {
      await gateway.close()
      await rm(webDir, { recursive: true })
    })
    const { page, problems } = await openDesk(t, { baseURL })
    let loads = 0
    page.on('load', () => loads++)
    await page.goto('/desk/orders')
    await rows(page).first().waitFor()
    await deploy(webDir)
    await page.getByRole('link', { name: 'Figures' }).click()
    await page.getByText('As of').waitFor()
    assert.equal(loads, 2)
    assert.match(page.url(), /\/desk\/figures$/)

    // a build that lacks a part for good is no reason to load it for ever
    for (const name of await readdir(join(webDir, 'assets')))
      if (name.startsWith('webhooks-page')) await rm(join(webDir, 'assets', name))
    await page.getByRole('link', { name: 'Webhooks' }).click()
    await page.getByText('A part of this page could not be loaded.').waitFor()
    assert.equal(loads, 2)
    // the browser reports what is gone
    for (const problem of problems.splice(0))
      assert.match(problem, /^Refused to apply style from '[^']*\/(?:figures|webhooks)-page-/)
  })
})

/** Gives every asset another name, and changes the names in the files, as a new build does. */
async function deploy(webDir: string) {
  const assets = join(webDir, 'assets')
  const names = (await readdir(assets)).filter((name) => !name.endsWith('.gz'))
  const renamed = new Map(
    names.map((name) => [name, name.replace(/(?<=-).{8}(?=\.)/, (hash) => [...hash].reverse().join(''))]),
  )
  const change = (text: string) => [...renamed].reduce((all, [from, to]) => all.replaceAll(from, to), text)
  for (const page of ['index.html', 'desk/index.html'])
    await writeFile(join(webDir, page), change(await readFile(join(webDir, page), 'utf8')))
  for (const [from, to] of renamed) {
    await writeFile(join(assets, from), change(await readFile(join(assets, from), 'utf8')))
    await rename(join(assets, from), join(assets, to))
    await rm(join(assets, `${from}.gz`))
  }
}
