import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const documents = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules', '.data', '.git'] })

/** Returns the targets of a page's links into the repository: the text after ](, without a title. */
const links = /\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]+))?\)/g
const codeSpans = /`([^`\n]+)`/g
/** A path in the repository: it starts with a top-level folder and ends with a file. */
const path =
  /^(?:packages|services|database|gateway|stack|tests|bench|docs)\/[\w./*{},-]+\.(?:ts|md|sql|conf|json)$/

/** Returns the anchor that GitHub generates for a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (file: string) =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ''))

const matches = (file: string, pattern: RegExp) => [
  ...readFileSync(join(root, file), 'utf8').matchAll(pattern),
]

test('every relative link in a document leads to an existing file and heading', () => {
  let count = 0
  for (const file of documents) {
    for (const [link, target, anchor] of matches(file, links)) {
      const place = target ? join(root, dirname(file), target) : join(root, file)
      assert.ok(existsSync(place), `${file}: ${link}`)
      if (anchor && place.endsWith('.md')) assert.ok(anchorsOf(place).includes(anchor), `${file}: ${link}`)
      count++
    }
  }
  assert.ok(count > 20, `${count} links`)
})

test('every repository path that a document names is a file', () => {
  let count = 0
  for (const file of documents) {
    for (const [, name = ''] of matches(file, codeSpans)) {
      if (!path.test(name)) continue
      assert.ok(globSync(name, { cwd: root }).length > 0, `${file}: ${name}`)
      count++
    }
  }
  assert.ok(count > 20, `${count} paths`)
})

test('every test file that a command in a document names exists', () => {
  let count = 0
  for (const file of documents) {
    for (const [, arguments_ = ''] of matches(file, /npm run test:one -- (.*?)(?: +#.*)?$/gm)) {
      for (const [name] of arguments_.matchAll(/[\w*]+\/[\w./*{},-]+\.test\.ts/g)) {
        assert.ok(globSync(name, { cwd: root }).length > 0, `${file}: ${name}`)
        count++
      }
    }
  }
  assert.ok(count > 2, `${count} commands`)
})
