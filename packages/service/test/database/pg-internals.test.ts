import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'

// pipeline.ts and database.ts depend on members of pg that are neither documented nor in its types.

const advice = (member: string) =>
  `pg ${member} is not what src/database/pipeline.ts and database.ts rely on. Read pg's lib/query.js, lib/client.js and ` +
  "lib/connection.js for what replaces it, change TextQuery and its type Wire, then this test; until then keep pg's last version in package.json."

type Internals = {
  connection: Record<string, unknown> & {
    stream: Socket
    parsedStatements: Record<string, string>
    submittedNamedStatements: Record<string, string>
  }
}

type QueryInternals = Record<string, unknown> & { hasBeenParsed(wire: unknown): unknown }

let server: TestDatabase
let client: pg.Client & Internals

before(async () => {
  server = await createTestDatabase('order_service')
  client = new pg.Client({
    connectionString: server.urlOf('order_service'),
    pipeline: true,
  } as pg.ClientConfig) as never
  await client.connect()
})
after(async () => {
  await client.end()
  await server.drop()
})

const newQuery = (name: string) => {
  const PgQuery = pg.Query as unknown as new (config: object) => QueryInternals
  return new PgQuery({ name, text: 'SELECT 1' })
}

test('client.connection.stream is the socket, which can be corked', () => {
  assert.ok(client.connection.stream instanceof Socket, advice('client.connection.stream'))
})

test('client.connection has the messages of the extended protocol', () => {
  for (const message of ['parse', 'bind', 'execute', 'sync'])
    assert.equal(typeof client.connection[message], 'function', advice(`client.connection.${message}`))
})

test('submittedNamedStatements holds the statements that are being prepared', async () => {
  const { connection } = client
  const answered = client.query({ name: 'pinned', text: 'SELECT 1' })
  assert.deepEqual(
    { ...connection.submittedNamedStatements },
    { pinned: 'SELECT 1' },
    advice('submittedNamedStatements'),
  )
  await answered
  assert.deepEqual({ ...connection.submittedNamedStatements }, {}, advice('submittedNamedStatements'))
  assert.equal(connection.parsedStatements.pinned, 'SELECT 1', advice('parsedStatements'))
})

test('hasBeenParsed is true for statements that are being prepared or are prepared', () => {
  const wire = { parsedStatements: { done: 'x' }, submittedNamedStatements: { sent: 'x' } }
  const known = ['done', 'sent', 'other', ''].map((name) => Boolean(newQuery(name).hasBeenParsed(wire)))
  assert.deepEqual(known, [true, true, false, false], advice('Query.hasBeenParsed'))
})

test('rows, the end and failures reach a query through the methods that TextQuery overrides or inherits', () => {
  const query = newQuery('any')
  for (const method of [
    'submit',
    'handleDataRow',
    'handleCommandComplete',
    'handleReadyForQuery',
    'handleError',
  ])
    assert.equal(typeof query[method], 'function', advice(`Query.${method}`))
})

test('a subclass of Query is accepted in pipeline mode, gets rows as texts, and its end once', async () => {
  const calls: unknown[] = []
  const PgQuery = pg.Query as unknown as new (text: string) => { callback: unknown }
  class Recording extends PgQuery {
    constructor() {
      super('SELECT 1 AS one')
      this.callback = () => {}
    }
    handleDataRow({ fields }: { fields: unknown }) {
      calls.push(fields)
    }
    handleCommandComplete() {
      calls.push('complete')
    }
    handleReadyForQuery() {
      calls.push('ready')
    }
  }
  client.query(new Recording() as unknown as pg.Submittable)
  await client.query('SELECT 2')
  assert.deepEqual(calls, [['1'], 'complete', 'ready'], advice('Query'))
})
