import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

type Package = {
  license?: string
  link?: boolean
  integrity?: string
  resolved?: string
  hasInstallScript?: boolean
}

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const { workspaces, allowScripts, ...rootPackage } = JSON.parse(read('package.json')) as {
  workspaces: string[]
  allowScripts: Record<string, boolean>
} & Record<string, Record<string, string>>
const manifests = [
  'package.json',
  ...globSync(
    workspaces.map((folder) => `${folder}/package.json`),
    { cwd: root },
  ),
]
const lockfile = JSON.parse(read('package-lock.json')) as { packages: Record<string, Package> }
/** The installed external packages, by their place under node_modules. */
const installed = Object.entries(lockfile.packages).filter(
  ([place, { link }]) => place.includes('node_modules/') && !link,
)
const nameOf = (place: string) => place.split('node_modules/').at(-1) ?? ''

const groups = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']

test('every dependency has an exact version', () => {
  assert.ok(manifests.length > 5)
  for (const file of manifests) {
    const manifest = JSON.parse(read(file)) as Record<string, Record<string, string>>
    for (const [name, version] of groups.flatMap((group) => Object.entries(manifest[group] ?? {})))
      assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, `${file}: ${name}`)
  }
  assert.ok(rootPackage.devDependencies)
})

test('the lockfile has a hash for every package and no download addresses', () => {
  assert.ok(installed.length > 100)
  for (const [place, { integrity }] of installed) assert.match(integrity ?? '', /^sha512-/, place)
  assert.deepEqual(
    Object.entries(lockfile.packages).filter(([, { resolved, link }]) => resolved !== undefined && !link),
    [],
  )
  assert.doesNotMatch(read('package-lock.json'), /"resolved": "[a-z+]+:/)
})

test('only the allowed packages have installation scripts', () => {
  const withScripts = installed
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([place]) => nameOf(place))
  assert.deepEqual(withScripts.sort(), Object.keys(allowScripts).sort())
})

/** None of these requires more than attribution. */
const allowedLicences = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Zlib',
  '0BSD',
  'CC0-1.0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
]

/** Tools that build and test the pages; the MPL asks only for their own sources, and nothing of them is in a page. */
const toolsUnderMpl = /^(?:axe-core|lightningcss(?:-.*)?)$/

test('every package has a permissive licence', () => {
  for (const [place, { license = 'none' }] of installed) {
    if (license === 'MPL-2.0' && toolsUnderMpl.test(nameOf(place))) continue
    // "(A AND B)" needs both, "A OR B" is a choice
    const all = license.replace(/[()]/g, '').split(' AND ')
    const isAllowed = all.every((part) =>
      part.split(' OR ').some((licence) => allowedLicences.includes(licence)),
    )
    assert.ok(isAllowed, `${nameOf(place)}: ${license}`)
  }
})

test('SECURITY.md lists exactly the licences in use', () => {
  const used = new Set(
    installed.flatMap(([, { license = '' }]) => license.replace(/[()]/g, '').split(/ AND | OR /)),
  )
  const [, listed = ''] = /^Licences: (.*)\.$/m.exec(read('SECURITY.md')) ?? []
  assert.deepEqual(listed.split(', ').sort(), [...used].sort())
})
