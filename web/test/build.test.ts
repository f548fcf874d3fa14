import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { buildPages, isBuilt } from '../build.ts'

describe('the built pages', () => {
  let outDir: string
  const read = (name: string) => readFile(join(outDir, name))
  before(async () => {
    outDir = join(await mkdtemp(join(tmpdir(), 'pages-')), 'dist')
    await buildPages({ outDir })
  })
  after(() => rm(join(outDir, '..'), { recursive: true }))

  /** Returns the scripts that a page loads first, and what they import, in bytes as they are sent. */
  async function firstLoad(page: string): Promise<number> {
    const html = String(await read(page))
    const scripts = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(
      ([, name]) => name as string,
    )
    assert.ok(scripts.length > 0, html)
    const sizes = await Promise.all(scripts.map(async (name) => (await read(`${name}.gz`)).length))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  test('the desk loads at most 120 KB of script first, and the home page 10', async () => {
    const desk = await firstLoad('desk/index.html')
    assert.ok(desk <= 120_000, `${desk} bytes`)
    assert.ok(desk > 10_000, `${desk} bytes: not all of it was found`)
    assert.ok((await firstLoad('index.html')) <= 10_000)
  })

  test('a page has neither scripts nor styles within it, and nothing from elsewhere', async () => {
    for (const page of ['index.html', 'desk/index.html']) {
      const html = String(await read(page))
      assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:\/\//)
    }
  })

  test('every asset has its hash in its name, and a compressed copy', async () => {
    const names = await readdir(join(outDir, 'assets'))
    for (const name of names.filter((name) => !name.endsWith('.gz'))) {
      assert.match(name, /^[\w-]+-[\w-]{8}\.(?:js|css|svg)$/)
      const [plain, packed] = await Promise.all([read(`assets/${name}`), read(`assets/${name}.gz`)])
      assert.ok(gunzipSync(packed).equals(plain), name)
    }
  })

  test('builds replace the folder as a whole, also two at the same time', async () => {
    await Promise.all([buildPages({ outDir }), buildPages({ outDir })])
    assert.deepEqual(await readdir(join(outDir, '..')), ['dist'])
    assert.ok((await firstLoad('desk/index.html')) > 10_000)
  })

  test('they are built again when they are missing, or older than a source', async () => {
    assert.equal(await isBuilt({ outDir }), true)
    assert.equal(await isBuilt({ outDir: `${outDir}-missing` }), false)
    const { mtime } = await stat(join(import.meta.dirname, '../src/desk/app.tsx'))
    await utimes(join(outDir, 'index.html'), mtime, new Date(mtime.getTime() - 1))
    assert.equal(await isBuilt({ outDir }), false)
  })
})
