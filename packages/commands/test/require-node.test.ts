import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const guard = fileURLToPath(new URL('../src/require-node.cjs', import.meta.url))

test('a Node of the required version passes silently', async (t) => {
  const { status, output } = run({ root: await projectFolder(t, 'shop') })
  assert.deepEqual({ status, output }, { status: 0, output: '' })
})

test('an older Node is named, with the required version and where it comes from', async (t) => {
  const { status, output } = run({ root: await projectFolder(t, 'shop'), node: '20.20.2' })
  assert.equal(status, 1)
  assert.match(output, /^Node\.js 24 or later is required; this is 20\.20\.2 \(\/.*\)\.$/m)
  assert.match(output, /run "npm ci" without --omit=optional, or\ninstall Node\.js 24\.21\.0 \(\.nvmrc/)
  assert.doesNotMatch(output, /move it/)
})

test('a path that PATH cannot hold is named as the cause', async (t) => {
  const root = await projectFolder(t, 'shop:2')
  await installNode(root)
  const { status, output } = run({ root, node: '20.20.2' })
  assert.equal(status, 1)
  assert.match(output, /contains ":".*move it to a path without ":", or\ninstall Node\.js 24\.21\.0/s)
  assert.doesNotMatch(output, /omit/)
})

test('a Node that is installed but not first in PATH is named', async (t) => {
  const root = await projectFolder(t, 'shop')
  await installNode(root)
  const { status, output } = run({ root, node: '22.9.0' })
  assert.equal(status, 1)
  assert.ok(output.includes(`put ${join(root, 'node_modules/.bin')} first in PATH`), output)
})

/** Runs the guard in a process that claims to be version `node`. */
function run({ root, node }: { root: string; node?: string }) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`
  const script = `${node ? pretend : ''};require(${JSON.stringify(guard)})`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    cwd: root,
    env: { npm_package_engines_node: '>=24' },
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

async function projectFolder(t: TestContext, name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'require-node-'))
  t.after(() => rm(folder, { recursive: true }))
  const root = join(folder, name)
  await mkdir(root)
  await writeFile(join(root, '.nvmrc'), '24.21.0\n')
  return root
}

async function installNode(root: string) {
  await mkdir(join(root, 'node_modules/.bin'), { recursive: true })
  await writeFile(join(root, 'node_modules/.bin/node'), '')
}
