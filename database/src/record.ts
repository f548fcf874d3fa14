import type pg from 'pg'
import { type Service, services } from './services.ts'

/** Numbers the applied migrations of all services, independently of clocks. */
const SEQUENCE = 'public.migrations_position_seq'

/** Returns the name of the table, in the schema public, that records a service's applied migrations. */
export function recordTable({ name }: Pick<Service, 'name'>): string {
  return `${name}_migrations`
}

/** Creates the table of a service unless it exists. */
export async function ensureRecord(client: pg.Client, service: Service): Promise<void> {
  if (await hasRecord(client, service)) return
  await client.query(
    `CREATE TABLE public.${recordTable(service)} (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)`,
  )
  await addPosition(client, service)
}

/**
 * Numbers the migrations that an earlier version applied, in the order of the services and of the file names. Their
 * recorded times cannot be compared: they are local times of different sessions.
 */
export async function completeRecords(client: pg.Client): Promise<void> {
  for (const service of services) {
    if (!(await hasRecord(client, service))) continue
    const { rowCount } = await client.query(
      `SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'position' AND NOT attisdropped`,
      [`public.${recordTable(service)}`],
    )
    if (!rowCount) await addPosition(client, service)
  }
}

async function addPosition(client: pg.Client, service: Service) {
  const table = `public.${recordTable(service)}`
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS present', [SEQUENCE])
  if (!rows[0].present) await client.query(`CREATE SEQUENCE ${SEQUENCE}`)
  await client.query(`ALTER TABLE ${table} ADD COLUMN position bigint`)
  await client.query(`
    UPDATE ${table} AS record SET position = numbered.position
    FROM (SELECT id, nextval('${SEQUENCE}') AS position FROM (SELECT id FROM ${table} ORDER BY name) AS sorted) AS numbered
    WHERE record.id = numbered.id`)
  await client.query(
    `ALTER TABLE ${table} ALTER COLUMN position SET NOT NULL, ALTER COLUMN position SET DEFAULT nextval('${SEQUENCE}')`,
  )
}

export type AppliedMigration = { name: string; position: number }

/** Returns the applied migrations of a service, in the order in which they were applied. */
export async function appliedMigrations(client: pg.Client, service: Service): Promise<AppliedMigration[]> {
  if (!(await hasRecord(client, service))) return []
  const { rows } = await client.query<{ name: string; position: string }>(
    `SELECT name, position FROM public.${recordTable(service)} ORDER BY position`,
  )
  return rows.map(({ name, position }) => ({ name, position: Number(position) }))
}

export async function recordApplied(client: pg.Client, service: Service, name: string): Promise<void> {
  await client.query(
    `INSERT INTO public.${recordTable(service)} (name, run_on) VALUES ($1, now() AT TIME ZONE 'UTC')`,
    [name],
  )
}

export async function recordTakenBack(client: pg.Client, service: Service, name: string): Promise<void> {
  await client.query(`DELETE FROM public.${recordTable(service)} WHERE name = $1`, [name])
}

async function hasRecord(client: pg.Client, service: Service): Promise<boolean> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS present', [
    `public.${recordTable(service)}`,
  ])
  return rows[0].present
}
