import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import manifest from '../package.json' with { type: 'json' }
import { installPackage } from '../scripts/install-package.ts'

const client = join(import.meta.dirname, '..')
const run = promisify(execFile)
let folder: string
let project: string
let installed: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-'))
  project = await installPackage(folder)
  installed = join(project, 'node_modules/@shop/client')
})
after(() => rm(folder, { recursive: true }))

test('the package has JavaScript and types of every source file, and nothing else', async () => {
  const sources = (await readdir(join(client, 'src'))).map((name) => name.replace(/\.ts$/, ''))
  assert.ok(sources.length > 10)
  const expected = [
    'LICENSE',
    'README.md',
    'package.json',
    ...sources.flatMap((name) => [`${name}.d.ts`, `${name}.js`]),
  ]
  assert.deepEqual((await readdir(installed)).sort(), expected.sort())
})

test('its package.json exports what the one in the repository does, and needs what the code imports', async () => {
  const published = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  assert.deepEqual(
    [published.name, published.version, published.private, published.scripts, published.devDependencies],
    ['@shop/client', manifest.version, undefined, undefined, undefined],
  )
  assert.deepEqual(Object.keys(published.exports), ['.', './operator', './webhooks'])
  assert.deepEqual(published.dependencies, { 'openapi-fetch': '0.17.0' })
  const imported = new Set<string>()
  for (const name of (await readdir(installed)).filter((name) => name.endsWith('.js')))
    for (const [, target = ''] of (await readFile(join(installed, name), 'utf8')).matchAll(
      / from '([^.'][^']*)'/g,
    ))
      imported.add(target)
  assert.deepEqual([...imported], Object.keys(published.dependencies))
})

test('a page loads at most 16 KB of it, compressed and not minified', async () => {
  const names = (await readdir(installed)).filter((name) => name.endsWith('.js'))
  const sizes = await Promise.all(
    names.map(async (name) => gzipSync(await readFile(join(installed, name))).length),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(total > 5_000 && total <= 16_384, `${total} bytes`)
})

/** The mistakes that the types must find, beside all examples of the README. */
const mistakes = `
export const known: CodeOf<'cancelOrder'>[] = ['illegal_transition', 'version_mismatch', 'insufficient_scope']
// @ts-expect-error: cancelling cannot fail like this
export const unknown: CodeOf<'cancelOrder'> = 'email_taken'
// @ts-expect-error: a shipment has a carrier and a number
await operator.orders.ship('o', { reason: 'r' })
// @ts-expect-error: a quantity is a number
await shop.orders.place({ productId: 'p', quantity: '2' })
// @ts-expect-error: a status is one of six
shop.orders.list({ status: 'lost' })
import type { CodeOf } from '@shop/client'
`

async function examples() {
  const readme = await readFile(join(installed, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```[jt]s\n(.*?)```/gs)].map(([, code]) => code)
  assert.ok(blocks.length > 8)
  return blocks.join('\n')
}

const compilers = { 'TypeScript 7': '../../..', 'TypeScript 5': '..' }
for (const [name, place] of Object.entries(compilers)) {
  test(`the examples of its README are right in a strict project without types of Node, with ${name}`, async () => {
    await writeFile(join(project, 'use.ts'), (await examples()) + mistakes)
    const compilerOptions = {
      ...{
        noEmit: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        module: 'nodenext',
        target: 'es2022',
      },
      ...{ lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
    }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }))
    const compiler = join(import.meta.dirname, place, 'node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [compiler, '-p', project]).catch((error) => error)
    assert.equal(stdout, '')
  })
}

test('the sources cannot be packed by mistake', async () => {
  const error = await run('npm', ['pack', '--dry-run'], { cwd: client }).catch((reason) => reason)
  assert.match(String(error.stderr), /Pack what npm run client:build makes/)
})
