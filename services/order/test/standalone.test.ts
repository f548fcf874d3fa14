import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { freePorts } from '@shop/commands/ports'
import { acquireEmbeddedPostgres } from '@shop/embedded-postgres/embedded-postgres'
import { checkDocument } from '@shop/tests/kit/api-document'
import { cleanUp, type Lifetime } from '@shop/tests/kit/clean-up'
import { standaloneDocument as document, standalonePrograms } from '@shop/tests/kit/standalone-document'
import { Type } from 'typebox'
import { maxProducts, ProductFields } from '../src/clients/product-client.ts'

const root = join(import.meta.dirname, '../../..')
const noCurl = spawnSync('curl', ['--version']).error !== undefined && 'curl is not installed here'

test('the schema of the catalogue in docs/standalone.md is the one that its answers are checked against', () => {
  const [, documented = ''] = /^```json\n(.*?)^```$/ms.exec(document) ?? []
  const checked = JSON.parse(
    JSON.stringify(Type.Object({ data: Type.Array(ProductFields, { maxItems: maxProducts }) })),
  )
  // the document says in words what this pattern of invisible characters means
  const { name } = checked.properties.data.items.properties
  assert.match(name.description, /visible character/)
  for (const key of ['description', 'pattern']) delete name[key]
  assert.deepEqual(JSON.parse(documented), checked)
})

test('the Order service alone does what docs/standalone.md says', { skip: noCurl }, async (t) => {
  const folder = writePrograms(t)
  const [orderPort, providerPort, cataloguePort] = await freePorts(3)
  const ports: Record<string, unknown> = { 3003: orderPort, 4000: providerPort, 4001: cataloguePort }
  const withPorts = (text: string) =>
    text.replace(/(?<=127\.0\.0\.1:|listen\()(3003|400[01])\b/g, (port) => String(ports[port]))
  for (const file of ['catalogue.mjs', 'provider.mjs']) {
    const path = join(folder, file)
    writeFileSync(path, withPorts(readFileSync(path, 'utf8')))
  }
  const database = await startDatabase(t)
  const address = new URL(database).host

  await checkDocument(document, async (script) => {
    const commands = withPorts(script)
      .replaceAll('standalone/', `.data/${basename(folder)}/`)
      .replace('postgres://shop:owner-password@127.0.0.1:5432/shop', database)
      .replaceAll('127.0.0.1:5432', address)
    const { output, log } = await runInGroup(t, commands, { PORT: String(orderPort), DRAIN_DELAY_MS: '0' })
    assert.doesNotMatch(readFileSync(join(folder, 'order.log'), 'utf8'), /"level":"(?:warn|error|fatal)"/)
    return output || assert.fail(log)
  })
})

/** Writes the programs of the document where Node finds oidc-provider: below the root. Returns the folder. */
function writePrograms(t: Lifetime): string {
  mkdirSync(join(root, '.data'), { recursive: true })
  const folder = mkdtempSync(join(root, '.data/standalone-'))
  cleanUp(t, () => rmSync(folder, { recursive: true }))
  const programs = standalonePrograms()
  assert.deepEqual([...programs.keys()], ['catalogue.mjs', 'provider.mjs'])
  for (const [file, text] of programs) {
    assert.ok(text.trim().split('\n').length <= 30, `${file} is longer than thirty lines`)
    writeFileSync(join(folder, file), text)
  }
  return folder
}

/** Returns the owner's URL of an empty database on a server without roles of ours. */
async function startDatabase(t: Lifetime): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'standalone-'))
  chmodSync(dataDir, 0o755)
  cleanUp(t, () => rmSync(dataDir, { recursive: true }))
  const server = await acquireEmbeddedPostgres({ dataDir, owner: 'shop', database: 'shop', durable: false })
  cleanUp(t, () => server.release())
  return server.url
}

/** Runs commands as one group of processes, and ends what they leave in the background. */
async function runInGroup(t: Lifetime, commands: string, env: NodeJS.ProcessEnv) {
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', commands], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    detached: true,
  })
  const closed = once(shell, 'close')
  const endGroup = () => {
    try {
      process.kill(-(shell.pid as number), 'SIGTERM')
    } catch {
      // all of them have ended
    }
  }
  cleanUp(t, async () => {
    endGroup()
    await closed
  })
  let output = ''
  let log = ''
  shell.stdout.on('data', (chunk) => (output += chunk))
  shell.stderr.on('data', (chunk) => (log += chunk))
  const [code] = await once(shell, 'exit')
  endGroup()
  await closed
  assert.equal(code, 0, log)
  return { output, log }
}
