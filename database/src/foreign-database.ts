import type pg from 'pg'
import { recordTable } from './record.ts'
import { services } from './services.ts'

/**
 * Throws when the database has tables of another application, or this project's tables in a schema other than
 * public.
 */
export async function refuseForeignDatabase(client: pg.Client): Promise<void> {
  const { rows: objects } = await client.query<{ schema: string; name: string; isRecord: boolean }>(
    objectsQuery,
  )
  const records = services.map(recordTable)
  const ours = objects.filter(({ name, isRecord }) => isRecord && records.includes(name))
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
  const [foreign] = objects
  if (foreign)
    throw new Error(
      `The database ${database} belongs to another application: it has ${foreign.schema}.${foreign.name}, but no ` +
        'migrations of this project. Nothing was changed. Create an empty database (CREATE DATABASE shop) and set DATABASE_URL to it.',
    )
  if (!hasPublic)
    throw new Error(
      `The database ${database} has no schema public, where this project keeps its tables: CREATE SCHEMA public.`,
    )
}

/**
 * System catalogues and what extensions created do not count. Another application may have a table of the same name as
 * a record of migrations, but hardly with the same columns. Tables come first, as the best evidence.
 */
const objectsQuery = `
  SELECT schema, name, "isRecord" FROM (
    SELECT relnamespace AS namespace, relname AS name, 'pg_class'::regclass AS class, oid, 1 AS rank, (
        SELECT count(*) = 3 FROM pg_attribute WHERE attrelid = pg_class.oid AND attname IN ('id', 'name', 'run_on')
      ) AS "isRecord"
    FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT pronamespace, proname, 'pg_proc'::regclass, oid, 2, false FROM pg_proc
    UNION ALL
    SELECT typnamespace, typname, 'pg_type'::regclass, oid, 2, false FROM pg_type WHERE typtype IN ('e', 'd', 'r')
  ) AS objects
  JOIN (SELECT oid AS namespace, nspname AS schema FROM pg_namespace) AS namespaces USING (namespace)
  WHERE schema NOT LIKE 'pg\\_%' AND schema <> 'information_schema'
    AND NOT EXISTS (
      SELECT FROM pg_depend WHERE classid = objects.class AND objid = objects.oid AND deptype = 'e'
    )
  ORDER BY rank, schema, name`
