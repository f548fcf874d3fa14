import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { orderStatuses } from '../src/order.ts'
import { closedStatuses, eventTypes, shownToOwner, transitions } from '../src/transitions.ts'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

/** The moves that the table allows, plus the erasure of personal data, which is no verb. */
function movesOfTable() {
  const ofVerbs = transitions.flatMap(({ moves }) =>
    moves.flatMap(({ from, to, event }) =>
      from.map((status) => [event, status, to === 'same' ? status : to].join(' ')),
    ),
  )
  return new Set([...ofVerbs, ...closedStatuses.map((status) => `erased ${status} ${status}`)])
}

test("the database's guard allows the moves of the table and no others", async () => {
  const combinations = await database.db.query<{ move: string; allowed: boolean }>({
    text: `SELECT concat_ws(' ', event, before, after) AS move, is_order_transition(event, before, after) AS allowed
           FROM unnest($1::text[]) AS event, unnest($2::text[]) AS before, unnest($2::text[]) AS after`,
    values: [
      [...eventTypes, 'lost'],
      [...orderStatuses, 'lost'],
    ],
  })
  assert.equal(combinations.length, (eventTypes.length + 1) * (orderStatuses.length + 1) ** 2)
  // the guard compares notes by status alone; the column's constraint refuses other statuses
  const allowed = combinations.filter(({ allowed, move }) => allowed && move !== 'noted lost lost')
  assert.deepEqual(allowed.map(({ move }) => move).sort(), [...movesOfTable()].sort())
})

test('every type of event that the table knows can be stored, and no other', async () => {
  const [row] = await database.owner.query<{ definition: string }>({
    text: `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = 'order_events_type_check'`,
  })
  const types = new Set(row?.definition.match(/'[a-z_]+'/g)?.map((quoted) => quoted.slice(1, -1)))
  assert.deepEqual([...types].sort(), [...eventTypes].sort())
})

test('whatever verb writes an event, the owner sees the same of it', () => {
  for (const type of eventTypes) {
    const writers = transitions.filter(({ moves }) => moves.some(({ event }) => event === type))
    for (const { verb, shown } of writers) assert.deepEqual(shown, shownToOwner(type), `${verb} ${type}`)
  }
})

test('an event shows nothing that no body has', () => {
  for (const { verb, by, body, shown = [] } of transitions) {
    const members = transitions
      .filter((transition) => transition.verb === verb)
      .flatMap((transition) => Object.keys(transition.body.properties))
    for (const name of shown) assert.ok(members.includes(name), `${by} ${verb} shows ${name}`)
    assert.equal((body as { additionalProperties?: boolean }).additionalProperties, false, `${by} ${verb}`)
  }
})
