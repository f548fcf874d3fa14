import type pg from 'pg'
import { recordTable } from './record.ts'
import { services } from './services.ts'

/** A table, or a column of a table that stays, with the number of rows that have something in it. */
export type Loss = { table: string; column?: string; rows: number }

/** Thrown before any data is lost. */
export class DataLossError extends Error {
  override readonly name = 'DataLossError'
  readonly losses: Loss[]

  constructor(migration: string, losses: Loss[]) {
    const lines = losses.map(({ table, column, rows }) => {
      const what = column ? `the column ${table}.${column}` : `the table ${table}`
      return `  ${what}, with values in ${rows} ${rows === 1 ? 'row' : 'rows'}`
    })
    super(
      `Taking back ${migration} would delete\n${lines.join('\n')}\nNothing was changed. To delete them, add --force ` +
        '(npm run migrate:down -- --force).',
    )
    this.losses = losses
  }
}

/** Runs `work` and, where that would lose data, undoes it and throws DataLossError. Call it in a transaction. */
export async function refuseDataLoss(
  client: pg.Client,
  migration: string,
  work: () => Promise<void>,
): Promise<void> {
  const before = await columns(client)
  await client.query('SAVEPOINT before_work')
  await work()
  const after = await columns(client)
  const lost = missing(before, after)
  if (lost.length === 0) return

  // undone before the rows are counted: meanwhile others may read and write
  await client.query('ROLLBACK TO SAVEPOINT before_work')
  const losses: Loss[] = []
  for (const each of lost) {
    const rows = await countRows(client, each)
    if (rows > 0) losses.push({ ...each, rows })
  }
  if (losses.length > 0) throw new DataLossError(migration, losses)
  await work()
}

type Column = { id: number; table: string; position: number; column: string }

async function columns(client: pg.Client): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `SELECT pg_class.oid::int AS id, relname AS "table", attnum AS position, attname AS column
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
       AND relname <> ALL($1)
     ORDER BY relname, attnum`,
    [services.map(recordTable)],
  )
  return rows
}

/** By their ids, because a new name loses nothing. */
function missing(before: Column[], after: Column[]): Omit<Loss, 'rows'>[] {
  const tables = new Set(after.map(({ id }) => id))
  const kept = new Set(after.map(({ id, position }) => `${id} ${position}`))
  const lostTables = new Set(before.filter(({ id }) => !tables.has(id)).map(({ table }) => table))
  const lostColumns = before.filter(({ id, position }) => tables.has(id) && !kept.has(`${id} ${position}`))
  return [
    ...[...lostTables].map((table) => ({ table })),
    ...lostColumns.map(({ table, column }) => ({ table, column })),
  ]
}

async function countRows(client: pg.Client, { table, column }: Omit<Loss, 'rows'>): Promise<number> {
  const counted = column ? client.escapeIdentifier(column) : '*'
  const { rows } = await client.query(
    `SELECT count(${counted}) AS rows FROM public.${client.escapeIdentifier(table)}`,
  )
  return Number(rows[0].rows)
}
