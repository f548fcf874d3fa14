import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { listStatements } from '@shop/order/db/order-repository'
import { pgbenchScript } from '../src/pgbench.ts'
import { serviceArgv } from '../src/subjects.ts'

test('the services run as in their images', () => {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  const stage = /^FROM node AS service$(.*?)^FROM /ms.exec(dockerfile)?.[1] ?? ''
  const words = (instruction: string) =>
    JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(stage)?.[1] ?? '[]')
  assert.deepEqual(serviceArgv, [...words('ENTRYPOINT'), ...words('CMD')])
})

test("pgbench runs the service's own statement, with a value for each parameter", () => {
  const script = pgbenchScript(listStatements.ofAll.fromOffset.text)
  assert.match(script, /^\\set user random\(1, 10000\)$/m)
  assert.match(script, /FROM orders\s+WHERE user_id = \('00000000-/)
  assert.match(script, /LIMIT :limit OFFSET :offset/)
  assert.doesNotMatch(script, /\$\d|undefined/)
})
