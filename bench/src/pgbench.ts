import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { listStatements } from '@shop/order/db/order-repository'
import { users } from './data-set.ts'

const run = promisify(execFile)

/**
 * Returns whether pgbench is installed: it comes with PostgreSQL's own packages, not with the embedded one.
 */
export function isInstalled(): Promise<boolean> {
  return run('pgbench', ['--version']).then(
    () => true,
    () => false,
  )
}

/**
 * Returns a script with exactly the statement of the service's first page: $1 is the user, $2 the limit, $3
 * the offset.
 */
export function pgbenchScript(statement: string): string {
  const parameters: Record<string, string> = {
    $1: "('00000000-0000-7000-8000-' || lpad(to_hex(:user::int), 12, '0'))::uuid",
    $2: ':limit',
    $3: ':offset',
  }
  return [
    `\\set user random(${users.typical.from}, ${users.typical.to})`,
    '\\set limit 21',
    '\\set offset 0',
    `${statement.trim().replaceAll(/\$\d+/g, (name) => parameters[name] as string)};`,
    '',
  ].join('\n')
}

/** Runs the statement repeatedly on 8 connections. Returns transactions per second. */
export async function runPgbench(options: {
  databaseUrl: string
  folder: string
  seconds: number
  signal: AbortSignal
}): Promise<number> {
  const { databaseUrl, folder, seconds, signal } = options
  const script = join(folder, 'list-orders.sql')
  await writeFile(script, pgbenchScript(listStatements.ofAll.fromOffset.text))
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const { stdout } = await run(
    'pgbench',
    ['--no-vacuum', '-M', 'prepared', '-c', '8', '-j', '2', '-T', String(seconds), '-f', script],
    {
      signal,
      env: {
        PATH: process.env.PATH,
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: username,
        PGPASSWORD: password,
        PGDATABASE: pathname.slice(1),
        PGOPTIONS: '-c plan_cache_mode=force_generic_plan',
      },
    },
  )
  const rate = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1])
  const failed = Number(/failed transactions: (\d+)/.exec(stdout)?.[1] ?? 0)
  if (!(rate > 0) || failed > 0) throw new Error(`pgbench failed:\n${stdout}`)
  return rate
}
