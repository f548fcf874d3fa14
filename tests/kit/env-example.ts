import assert from 'node:assert/strict'
import type { Setting, Settings } from '@shop/service/config'

type Entry = { env: string; comment: string; value: string }

/**
 * Asserts that `text`, a .env.example, holds exactly the settings, in their order, each as
 *
 *     # <meaning> (<expected>; default <default> | required | optional)
 *     NAME=<the default; if required, a value that parses; if optional, a value that parses or nothing>
 *
 * The comment may be wrapped; comments separated from an entry by a blank line are not checked.
 */
export function checkEnvExample(settings: Settings, text: string): void {
  const entries = readEntries(text)
  const expected = Object.values(settings)
  assert.deepEqual(
    entries.map(({ env, comment }) => ({ env, comment })),
    expected.map((setting) => ({ env: setting.env, comment: commentOf(setting) })),
  )
  for (const [index, { env, value }] of entries.entries()) {
    const setting = expected[index] as Setting<unknown>
    if (setting.default !== undefined) assert.equal(value, setting.default, env)
    else if (!setting.optional || value !== '')
      assert.notEqual(setting.parse(value), undefined, `${env} must be ${setting.expected}`)
  }
}

function readEntries(text: string): Entry[] {
  const entries: Entry[] = []
  let comment: string[] = []
  for (const line of text.split('\n')) {
    const [, env, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (line.startsWith('#')) comment.push(line.slice(1).trim())
    else {
      if (env) entries.push({ env, comment: comment.join(' '), value })
      else assert.equal(line, '', 'neither a comment nor NAME=value')
      comment = []
    }
  }
  return entries
}

function commentOf({ meaning, expected, default: fallback, optional }: Setting<unknown>): string {
  const need = fallback !== undefined ? `default ${fallback}` : optional ? 'optional' : 'required'
  return `${meaning} (${expected}; ${need})`
}
