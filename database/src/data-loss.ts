import type pg from 'pg'
import { recordTable } from './record.ts'
import { services } from './services.ts'

/**
 * A lost table with its number of rows, or a lost column of a remaining table with the number of rows that
 * have a value in it.
 */
export type Loss = { table: string; column?: string; rows: number }

/** Thrown instead of deleting data; nothing has been changed. */
export class DataLossError extends Error {
  override readonly name = 'DataLossError'
  readonly losses: Loss[]

  constructor(migration: string, losses: Loss[]) {
    const lines = losses.map(({ table, column, rows }) => {
      const count = `${rows} ${rows === 1 ? 'row' : 'rows'}`
      return column
        ? `  the column ${table}.${column}, with values in ${count}`
        : `  the table ${table}, with ${count}`
    })
    super(
      `Taking back ${migration} would delete\n${lines.join('\n')}\nNothing was changed. Add --force to delete them ` +
        '(with npm: -- --force).',
    )
    this.losses = losses
  }
}

/** Runs `work`, or throws DataLossError if that would delete data. Must be called in a transaction. */
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

  // releases the locks of `work`: counting can take long, and others must be able to read and write
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

/** Compares ids rather than names, because renaming loses nothing. */
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
