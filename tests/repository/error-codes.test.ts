import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as errors from '@shop/service/errors'
import { httpRefusal } from '@shop/service/http/problem'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const sources = globSync('{packages/*,services/*,database,gateway,stack}/src/**/*.ts', { cwd: root })

const classes = new Map(Object.entries(errors)) as Map<string, new (...args: unknown[]) => errors.AppError>

/** `new SomeError(`, then a status and a text, if they are literals. */
const construction = /\bnew (\w+Error)\(\s*(?:(\d{3}),\s*)?(?:'(\w+)')?/g

test('docs/api.md lists exactly the codes that the sources have, each with its status', () => {
  const used = new Set<string>()
  const add = ({ status, code }: { status: number; code: string }) => used.add(`${status} ${code}`)
  const indirect: string[] = []

  for (const file of sources) {
    for (const [, name = '', status, text] of read(file).matchAll(construction)) {
      const Class = classes.get(name)
      if (!Class) continue
      const error = status ? new Class(Number(status), text) : new Class(text)
      if (error.status && error.code && !error.code.includes('undefined')) add(error)
      else indirect.push(`${file}: ${name}`)
    }
  }
  // their codes come from the table in problem.ts, and from the clients' names of resources
  assert.deepEqual(indirect.sort(), [
    'packages/service/src/client/outcome.ts: NotFoundError',
    'packages/service/src/http/problem.ts: AppError',
  ])
  for (let status = 400; status < 500; status++) {
    const refusal = httpRefusal(status)
    if (refusal) add(refusal)
  }
  for (const file of sources.filter((name) => name.includes('/clients/'))) {
    for (const [, resource = ''] of read(file).matchAll(/\bresource: '(\w+)'/g))
      add(new errors.NotFoundError(resource))
  }
  const problems = read('gateway/nginx.conf').matchAll(/"status":(\d{3}),.*"code":"(\w+)"/g)
  for (const [, status, code = ''] of problems) add({ status: Number(status), code })

  const listed = [...read('docs/api.md').matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)].map(
    ([, status, code]) => `${status} ${code}`,
  )
  assert.deepEqual(listed, [...used].sort())
})
