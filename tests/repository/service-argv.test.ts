import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { serviceArgv } from '@shop/commands/service-argv'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

test('commands run the services as their images do', () => {
  const stage = /^FROM node AS service$(.*?)^FROM /ms.exec(read('Dockerfile'))?.[1] ?? ''
  const words = (instruction: string) =>
    JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(stage)?.[1] ?? '[]')
  assert.deepEqual(serviceArgv, [...words('ENTRYPOINT'), ...words('CMD')])
})

test('npm start of a service runs it as its image does', () => {
  const manifests = globSync('services/*/package.json', { cwd: root })
  assert.equal(manifests.length, 4)
  for (const file of manifests) {
    const { start } = JSON.parse(read(file)).scripts
    const flags = serviceArgv.slice(1, -1).join(' ')
    assert.ok(start.includes(` exec node ${flags} `) && start.endsWith(' src/main.ts'), `${file}: ${start}`)
  }
})
