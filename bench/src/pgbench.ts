import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { insertOrders } from '@shop/order/db/order-placing'
import { listStatements } from '@shop/order/db/order-repository'
import { indexWalkPlans } from '@shop/service/database/connection'
import { productCount, unitAmountOf, users } from './data-set.ts'

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

const uuidOf = (number: string) =>
  `('00000000-0000-7000-8000-' || lpad(to_hex(${number}::int), 12, '0'))::uuid`

/** Returns the statement with each of its parameters replaced. */
function withValues(statement: string, values: Record<string, string>): string {
  // pgbench takes a colon for a variable, also between quotes
  const text = statement
    .trim()
    .replaceAll(/'[^']*'/g, (quoted) =>
      quoted.includes(':') ? `E${quoted.replaceAll(':', '\\x3a')}` : quoted,
    )
  return `${text.replaceAll(/\$\d+/g, (name) => values[name] as string)};`
}

/** Returns a script with exactly the statement of the service's first page: $1 is the user, $2 the limit, $3 the offset. */
export function listScript(statement: string): string {
  return [
    `\\set user random(${users.typical.from}, ${users.typical.to})`,
    '\\set limit 21',
    '\\set offset 0',
    withValues(statement, { $1: uuidOf(':user'), $2: ':limit', $3: ':offset' }),
    '',
  ].join('\n')
}

/**
 * Returns a script with exactly the statement that stores orders, with one order of one item and a key. The order's id
 * begins with a time, from `now` on in milliseconds, and ends at random, as a UUIDv7 does.
 */
export function placeScript(statement: string, now: number): string {
  const product = 7
  const unitAmount = unitAmountOf(product)
  const name = `'Hand coffee grinder no. ${product}'`
  const id =
    "(lpad(to_hex(:moment::bigint), 12, '0') || '70008000' || lpad(to_hex(:chance::bigint), 12, '0'))::uuid"
  const event =
    "(lpad(to_hex(:moment::bigint), 12, '0') || '70018000' || lpad(to_hex(:chance::bigint), 12, '0'))::uuid"
  const values = [
    ...[id, uuidOf(':user'), uuidOf(':product'), name, '1', `${unitAmount}`, "'EUR'", 'NULL', 'NULL'],
    ...[event, "'customer'", 'gen_random_uuid()::text', "sha256('')", 'NULL'],
    ...[id, '1', uuidOf(':product'), name, '1', `${unitAmount}`],
  ]
  return [
    '\\set number :number + 1',
    `\\set moment ${now} + :number`,
    `\\set chance random(0, ${2 ** 48 - 1})`,
    `\\set user random(${users.shoppers.from}, ${users.shoppers.to})`,
    `\\set product 1 + :user % ${productCount}`,
    withValues(
      statement,
      Object.fromEntries(values.map((value, index) => [`$${index + 1}`, `ARRAY[${value}]`])),
    ),
    '',
  ].join('\n')
}

export const scripts = {
  list: () => listScript(listStatements.ofAll.fromOffset.text),
  place: () => placeScript(insertOrders.text, Date.now()),
}

type RunOptions = {
  databaseUrl: string
  folder: string
  script: keyof typeof scripts
  seconds: number
  signal: AbortSignal
}

/** Runs a script repeatedly on 8 connections. Returns transactions per second, and their number. */
export async function runPgbench({ databaseUrl, folder, script, seconds, signal }: RunOptions) {
  const file = join(folder, `${script}-orders.sql`)
  await writeFile(file, scripts[script]())
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const { stdout } = await run(
    'pgbench',
    [
      '--no-vacuum',
      '-M',
      'prepared',
      '-D',
      'number=0',
      '-c',
      '8',
      '-j',
      '2',
      '-T',
      String(seconds),
      '-f',
      file,
    ],
    {
      signal,
      env: {
        PATH: process.env.PATH,
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: username,
        PGPASSWORD: password,
        PGDATABASE: pathname.slice(1),
        PGOPTIONS: Object.entries(indexWalkPlans)
          .map(([setting, value]) => `-c ${setting}=${value}`)
          .join(' '),
      },
    },
  )
  const perSecond = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1])
  const failed = Number(/failed transactions: (\d+)/.exec(stdout)?.[1] ?? 0)
  const count = Number(/actually processed: (\d+)/.exec(stdout)?.[1])
  if (!(perSecond > 0 && count > 0) || failed > 0) throw new Error(`pgbench failed:\n${stdout}`)
  return { perSecond, count }
}
