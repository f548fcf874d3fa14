import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { de } from '../src/desk/texts/de.ts'
import { en } from '../src/desk/texts/en.ts'

const src = join(import.meta.dirname, '../src')
const sources = globSync('**/*.{ts,tsx}', { cwd: src, exclude: ['desk/texts/**'] }).map((file) =>
  readFileSync(join(src, file), 'utf8'),
)

const placeholders = (text: (typeof de)[keyof typeof de]) =>
  [...JSON.stringify(text).matchAll(/\{\w+\}/g)].map(([name]) => name).sort()

test('German has the texts of English, with the same values in them', () => {
  assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort())
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    const wanted = placeholders(en[key])
    assert.deepEqual(new Set(placeholders(de[key])), new Set(wanted), key)
    assert.equal(typeof de[key], typeof en[key], key)
  }
})

test('every text is used', () => {
  const all = sources.join('\n')
  const built = [...all.matchAll(/`([a-z]+\.(?:[a-z]+\.)?)\$\{/g)].map(([, start]) => start as string)
  const unused = Object.keys(en).filter(
    (key) =>
      !all.includes(`'${key}'`) &&
      !built.some((start) => key.startsWith(start)) &&
      !/^verb\.\w+\.about$/.test(key),
  )
  assert.ok(built.length > 3)
  assert.deepEqual(unused, [])
})

test('nothing is ever read as HTML', () => {
  for (const source of sources)
    assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|dangerously|document\.write|\beval\b/)
})
