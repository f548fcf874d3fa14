import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { migrateUp } from '@shop/database/migrations'
import { cleanUp } from '../kit/clean-up.ts'
import { quick, record } from './harness/fault.ts'
import { openDatabase, type Postgres, startPostgres } from './harness/postgres.ts'
import { createRandom, waitBetween } from './harness/random.ts'

const rounds = quick ? 2 : 8
const random = createRandom('when a migration is killed')
const cli = join(import.meta.dirname, '../../database/src/cli.ts')

test('when one of four migrating replicas is killed half-way, the others apply everything once, and no lock is left', async (t) => {
  const postgres = await startPostgres(t)
  const expected = await migrateInPeace(postgres)
  const healedMs: number[] = []
  const faults: unknown[] = []
  for (let round = 1; round <= rounds; round++) {
    await postgres.owner.query({ text: `CREATE DATABASE round_${round}` })
    const url = Object.assign(new URL(postgres.url), { pathname: `/round_${round}` }).href
    const db = openDatabase(url)
    cleanUp(t, () => db.close())
    const replicas = [1, 2, 3, 4].map((n) => startReplica(url, `replica-${n}`))
    cleanUp(t, () => {
      for (const { child } of replicas) child.kill('SIGKILL')
    })

    // in every other round, one is killed at a known place in the middle of a transaction
    const victim = round % 2 ? await whileItCreatesOrders(db, replicas) : await atAnyTime(replicas)
    const killedAt = performance.now()
    const outcomes = await Promise.all(replicas.map(({ ended }) => ended))
    healedMs.push(performance.now() - killedAt)

    const unfinished = outcomes.filter(({ how }, n) => replicas[n] !== victim && how !== '0')
    const locks = await db.query({ text: `SELECT pid FROM pg_locks WHERE locktype = 'advisory'` })
    const actual = await describe(url)
    faults.push(...unfinished, ...locks, ...(actual === expected ? [] : [actual]))
  }
  record(t, {
    fault: `one of four migrating replicas killed, ×${rounds}`,
    requests: 4 * rounds,
    acknowledged: 3 * rounds,
    lost: 0,
    doubled: 0,
    wrong: faults.length,
    healedMs: Math.round(Math.max(...healedMs)),
  })
  assert.deepEqual(faults, [])
})

type Replica = { name: string; child: ChildProcess; ended: Promise<{ how: string; output: string }> }

function startReplica(databaseUrl: string, name: string): Replica {
  const url = new URL(databaseUrl)
  url.searchParams.set('application_name', name)
  const child = spawn(process.execPath, [cli, 'up'], {
    env: { PATH: process.env.PATH, DATABASE_URL: url.href },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = Promise.all([text(child.stdout), text(child.stderr)]).then((parts) => parts.join(''))
  const ended = once(child, 'exit').then(async ([code, signal]) => ({
    how: String(signal ?? code),
    output: await output,
  }))
  return { name, child, ended }
}

/**
 * Blocks the transaction that creates the table orders until all replicas are waiting, kills its process, and
 * unblocks.
 */
async function whileItCreatesOrders(db: ReturnType<typeof openDatabase>, replicas: Replica[]) {
  return db
    .transaction(async (tx) => {
      // users and products come first; an uncommitted table with the same name is the obstacle
      await tx.query({ text: 'CREATE TABLE orders ()' })
      let waiting: { name: string; advisory: boolean }[] = []
      for (
        const deadline = performance.now() + 60_000;
        waiting.length < replicas.length;
        await setTimeout(5)
      ) {
        assert.ok(performance.now() < deadline, `only ${JSON.stringify(waiting)} wait`)
        waiting = await db.query({ text: waitingQuery })
      }
      const name = waiting.find(({ advisory }) => !advisory)?.name
      const victim = replicas.find((replica) => replica.name === name) as Replica
      victim.child.kill('SIGKILL')
      await victim.ended
      throw new LetGo(victim)
    })
    .catch((error) => {
      if (error instanceof LetGo) return error.victim
      throw error
    })
}

/** `advisory`: waiting for its turn to migrate. */
const waitingQuery = `
  SELECT application_name AS name, wait_event = 'advisory' AS advisory FROM pg_stat_activity
  WHERE wait_event_type = 'Lock' AND application_name LIKE 'replica-%' AND datname = current_database()`

/** Thrown to roll the transaction back. */
class LetGo extends Error {
  readonly victim: Replica

  constructor(victim: Replica) {
    super()
    this.victim = victim
  }
}

async function atAnyTime(replicas: Replica[]) {
  const victim = replicas[0] as Replica
  await waitBetween(400, 1400, random)
  victim.child.kill('SIGKILL')
  return victim
}

/** Returns the schema that one undisturbed process creates. */
async function migrateInPeace(postgres: Postgres) {
  await migrateUp({ databaseUrl: postgres.url })
  return describe(postgres.url)
}

/** Returns everything that migrations create, and the record of them. */
async function describe(databaseUrl: string): Promise<string> {
  const db = openDatabase(databaseUrl)
  try {
    const parts = await db.query<{ part: string }>({ text: schemaQuery })
    return parts.map(({ part }) => part).join('\n')
  } finally {
    await db.close()
  }
}

const schemaQuery = `
  SELECT part FROM (
    SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS part
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid <> 0
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'user ' || name FROM user_migrations
    UNION ALL SELECT 'product ' || name FROM product_migrations
    UNION ALL SELECT 'order ' || name FROM order_migrations
  ) AS parts
  ORDER BY part`
