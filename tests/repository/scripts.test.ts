import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const guard = 'packages/commands/src/require-node.cjs'
type Manifest = { workspaces?: string[]; scripts?: Record<string, string> }
const read = (file: string): Manifest => JSON.parse(readFileSync(join(root, file), 'utf8'))
const workspaces = (read('package.json').workspaces ?? []).map((folder) => `${folder}/package.json`)
const manifests = ['package.json', ...globSync(workspaces, { cwd: root })]

test('every npm script that runs TypeScript first checks the version of Node.js', () => {
  const scripts = manifests.flatMap((file) =>
    Object.entries(read(file).scripts ?? {}).map(([name, command]) => ({ file, name, command })),
  )
  const withNode = scripts.filter(({ command }) => /\bnode\b/.test(command))
  assert.ok(withNode.length > 20)
  for (const { file, name, command } of withNode) {
    const path = relative(join(root, dirname(file)), join(root, guard))
    assert.ok(command.startsWith(`node ${path} && `), `${file}: ${name}`)
  }
})
