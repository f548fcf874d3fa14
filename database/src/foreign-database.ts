import type pg from 'pg'
import { recordTable } from './record.ts'
import { services } from './services.ts'

/**
 * Throws when the database has tables of another application, or this project's tables in a schema other than
 * public.
 */
export async function refuseForeignDatabase(client: pg.Client): Promise<void> {
  const { rows: tables } = await client.query<{ schema: string; name: string; isRecord: boolean }>(
    tablesQuery,
  )
  const records = services.map(recordTable)
  const ours = tables.filter(({ name, isRecord }) => isRecord && records.includes(name))
  if (ours.some(({ schema }) => schema === 'public')) return

  const { rows } = await client.query(
    `SELECT current_database() AS database, to_regnamespace('public') IS NOT NULL AS "hasPublic"`,
  )
  const { database, hasPublic } = rows[0]
  const [misplaced] = ours
  if (misplaced)
    throw new Error(
      `The tables of the database ${database} are in the schema ${misplaced.schema}, but this project keeps them in ` +
        'public. Nothing was changed. Move each of them: ALTER TABLE … SET SCHEMA public.',
    )
  const [foreign] = tables
  if (foreign)
    throw new Error(
      `The database ${database} belongs to another application: it has tables (${foreign.schema}.${foreign.name} is one), but no ` +
        'migrations of this project. Nothing was changed. Create an empty database (CREATE DATABASE shop) and set DATABASE_URL to it.',
    )
  if (!hasPublic)
    throw new Error(
      `The database ${database} has no schema public, where this project keeps its tables: CREATE SCHEMA public.`,
    )
}

/**
 * System catalogues and tables of extensions do not count. Another application may have a table of the same name as a
 * record of migrations, but hardly with the same columns.
 */
const tablesQuery = `
  SELECT nspname AS schema, relname AS name, (
      SELECT count(*) = 3 FROM pg_attribute WHERE attrelid = pg_class.oid AND attname IN ('id', 'name', 'run_on')
    ) AS "isRecord"
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    AND NOT EXISTS (
      SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
    )
  ORDER BY nspname, relname`
