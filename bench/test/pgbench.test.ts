import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertOrders } from '@shop/order/db/order-placing'
import { listStatements } from '@shop/order/db/order-repository'
import { listScript, placeScript } from '../src/pgbench.ts'

test("pgbench runs the service's own statement, with a value for each parameter", () => {
  const script = listScript(listStatements.ofAll.fromOffset.text)
  assert.match(script, /^\\set user random\(1, 10000\)$/m)
  assert.match(script, /FROM orders\s+WHERE user_id = \('00000000-/)
  assert.match(script, /LIMIT :limit OFFSET :offset/)
  assert.doesNotMatch(script, /\$\d|undefined/)
})

test("pgbench runs the service's own statement with one order", () => {
  const script = placeScript(insertOrders.text, 1_700_000_000_000)
  assert.match(script, /^\\set user random\(10005, 10104\)$/m)
  // a colon between quotes would be a variable
  assert.ok(script.match(/'[^']*'/g)?.every((quoted) => !quoted.includes(':')))
  assert.match(script, /INSERT INTO idempotency_keys/)
  assert.match(script, /ARRAY\[gen_random_uuid\(\)::text\]::text\[\]/)
  assert.doesNotMatch(script, /\$\d|undefined/)
})
