import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listStatements } from '@shop/order/db/order-repository'
import { pgbenchScript } from '../src/pgbench.ts'

test("pgbench runs the service's own statement, with a value for each parameter", () => {
  const script = pgbenchScript(listStatements.ofAll.fromOffset.text)
  assert.match(script, /^\\set user random\(1, 10000\)$/m)
  assert.match(script, /FROM orders\s+WHERE user_id = \('00000000-/)
  assert.match(script, /LIMIT :limit OFFSET :offset/)
  assert.doesNotMatch(script, /\$\d|undefined/)
})
