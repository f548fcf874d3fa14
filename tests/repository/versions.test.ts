import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

const { version, workspaces } = JSON.parse(read('package.json')) as { version: string; workspaces: string[] }
const manifests = globSync(
  workspaces.map((folder) => `${folder}/package.json`),
  { cwd: root },
)

test('all workspaces have the version of the root, and depend on that version of one another', () => {
  assert.ok(manifests.length > 8)
  for (const file of manifests) {
    const manifest = JSON.parse(read(file)) as Record<string, unknown>
    assert.equal(manifest.version, version, `${file}; npm version sets it: see CONTRIBUTING.md, Release`)
    for (const group of ['dependencies', 'devDependencies']) {
      for (const [name, required] of Object.entries(manifest[group] ?? {}))
        if (name.startsWith('@shop/')) assert.equal(required, version, `${file}: ${name}`)
    }
  }
})

test('the newest release in CHANGELOG.md is the version, and every release has a date', () => {
  const [unreleased, ...releases] = [...read('CHANGELOG.md').matchAll(/^## (.*)$/gm)].map(
    ([, title]) => title,
  )
  assert.equal(unreleased, '[Unreleased]')
  assert.ok(releases[0]?.startsWith(`[${version}] - `), `${releases[0]} is not ${version}`)
  for (const release of releases) assert.match(release ?? '', /^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/)
})
