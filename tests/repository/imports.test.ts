import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

type Manifest = {
  name: string
  exports?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] }

/** Every workspace's package.json, by folder. */
const packages = new Map(
  globSync(
    workspaces.map((folder) => `${folder}/package.json`),
    { cwd: root },
  ).map((file) => [dirname(file), JSON.parse(read(file)) as Manifest]),
)
const files = globSync(
  [...packages.keys()].map((folder) => `${folder}/**/*.{ts,mts,mjs}`),
  // the peers are separate projects with their own package.jsons
  { cwd: root, exclude: (name) => ['node_modules', 'peers'].some((part) => name.split('/').includes(part)) },
)

/** `from '…'`, `import '…'`, `import('…')` and `import.meta.resolve('…')`, of types too. */
const importing = /(?:\bfrom\s+|\bimport\s+|\bimport\(|\bimport\.meta\.resolve\()'([^']+)'/g

const importsOf = (file: string) => [...read(file).matchAll(importing)].map(([, target = '']) => target)

const workspaceOf = (file: string) =>
  [...packages.keys()].find((folder) => file.startsWith(`${folder}/`)) ?? ''

/**
 * Returns the file that `target` names in `file`; undefined for external packages and for files that no
 * package exports.
 */
function resolve(file: string, target: string): string | undefined {
  if (target.startsWith('.')) return normalize(join(dirname(file), target))
  const [scope, name, ...path] = target.split('/')
  const found = [...packages].find(([, manifest]) => manifest.name === `${scope}/${name}`)
  if (!found) return undefined
  const [folder, { exports = {} }] = found
  const wanted = ['.', ...path].join('/')
  for (const [key, place] of Object.entries(exports)) {
    const [before = '', after] = key.split('*')
    if (after === undefined ? key === wanted : wanted.startsWith(before))
      return normalize(join(folder, place.replace('*', wanted.slice(before.length))))
  }
  return undefined
}

const graph = new Map(
  files.map((file) => [
    file,
    importsOf(file)
      .map((target) => resolve(file, target))
      .filter((target) => target !== undefined && files.includes(target)) as string[],
  ]),
)

test('there are no circular imports', () => {
  const done = new Set<string>()
  const circles: string[] = []
  function visit(file: string, path: string[]) {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (path.includes(file) || done.has(file)) return
    for (const target of graph.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  assert.ok(files.length > 200)
  assert.deepEqual(circles, [])
})

test('an import reaches another workspace by its name, never by a path', () => {
  const astray = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('.'))
      .filter((target) => workspaceOf(resolve(file, target) ?? '') !== workspaceOf(file))
      .map((target) => `${file}: ${target}`),
  )
  assert.deepEqual(astray, [])
})

test('a workspace exports everything that others import from it', () => {
  const missing = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('@shop/'))
      .filter((target) => !files.includes(resolve(file, target) ?? ''))
      .map((target) => `${file}: ${target}`),
  )
  assert.deepEqual(missing, [])
})

test('a workspace declares every package that it imports', () => {
  const { devDependencies: ofRoot } = JSON.parse(read('package.json')) as Manifest
  const undeclared = files.flatMap((file) => {
    const { name, dependencies, devDependencies } = packages.get(workspaceOf(file)) as Manifest
    // images have no development dependencies; commands load the embedded database only where there is one
    const isInImage = /^(?:packages\/service|services\/\w+)\/src\//.test(file)
    const declared = { [name]: '', ...dependencies, ...(isInImage ? {} : { ...ofRoot, ...devDependencies }) }
    return importsOf(file)
      .filter((target) => /^@?[a-z][\w./-]*$/.test(target))
      .map((target) => target.split('/', target.startsWith('@') ? 2 : 1).join('/'))
      .filter((imported) => !(imported in declared) && !(isInImage && imported === '@shop/database'))
      .map((imported) => `${file}: ${imported}`)
  })
  assert.deepEqual(undeclared, [])
})

test('every export of a package.json exists and is used by another workspace', () => {
  const imported = new Set(files.flatMap(importsOf))
  for (const [folder, { name, exports = {} }] of packages) {
    for (const [key, place] of Object.entries(exports).filter(([wanted]) => !wanted.includes('*'))) {
      assert.ok(existsSync(join(root, folder, place)), `${folder}: ${place} is missing`)
      assert.ok(imported.has(name + key.slice(1)), `${folder}: nothing imports ${key}`)
    }
  }
})

test('packages name no service, no role and no other top-level folder of this repository', () => {
  const rooms = 'services/|database/src|database/roles|gateway/|stack/|bench/'
  const words = new RegExp(`\\b(?:${rooms})|\\b(?:user|product|order)_service\\b|@shop/(?:${outside()})\\b`)
  const found = files
    .filter((file) => /^packages\/[^/]+\/src\//.test(file))
    .flatMap((file) =>
      read(file)
        .split('\n')
        .filter((line) => words.test(line))
        .map((line) => `${file}: ${line}`),
    )
  assert.deepEqual(found, [])
})

/** The names of the workspaces outside packages/, as an alternation. */
function outside(): string {
  return [...packages]
    .filter(([folder]) => !folder.startsWith('packages/'))
    .map(([, { name }]) => name.replace('@shop/', ''))
    .join('|')
}
