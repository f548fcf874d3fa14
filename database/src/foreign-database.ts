import type pg from 'pg'
import { recordTable } from './record.ts'
import { services } from './services.ts'

/** Throws when the database has tables and they are not this project's, or are not where they belong. */
export async function refuseForeignDatabase(client: pg.Client): Promise<void> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(tablesQuery)
  const records = services.map(recordTable)
  const ours = tables.filter(({ name }) => records.includes(name))
  if (ours.some(({ schema }) => schema === 'public')) return

  const { rows } = await client.query(
    `SELECT current_database() AS database, to_regnamespace('public') IS NOT NULL AS "hasPublic"`,
  )
  const { database, hasPublic } = rows[0]
  const [misplaced] = ours
  if (misplaced)
    throw new Error(
      `The tables of the database ${database} are in the schema ${misplaced.schema}, and this project keeps them in ` +
        'public. Nothing was changed. Move each of them: ALTER TABLE … SET SCHEMA public.',
    )
  const [foreign] = tables
  if (foreign)
    throw new Error(
      `The database ${database} holds something else: it has tables (${foreign.schema}.${foreign.name} is one), but no ` +
        'migrations of this project. Nothing was changed. Make an empty database, CREATE DATABASE shop, and name it in DATABASE_URL.',
    )
  if (!hasPublic)
    throw new Error(
      `The database ${database} has no schema public, where this project keeps its tables: CREATE SCHEMA public.`,
    )
}

/** What a fresh database has of itself or by an extension does not count. */
const tablesQuery = `
  SELECT nspname AS schema, relname AS name
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    AND NOT EXISTS (
      SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
    )
  ORDER BY nspname, relname`
