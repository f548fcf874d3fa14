import pg from 'pg'
import { boolean, type Config, integer, url } from '../config.ts'

export const databaseSettings = {
  databaseUrl: url('DATABASE_URL', {
    meaning: 'PostgreSQL 14 or later; the role should be the one made for this service',
    protocols: ['postgres:', 'postgresql:'],
    secret: true,
  }),
  databasePoolSize: integer('DATABASE_POOL_SIZE', {
    meaning: 'Connections that this process may hold',
    min: 1,
    max: 100,
    default: 8,
  }),
  databaseConnectTimeoutMs: integer('DATABASE_CONNECT_TIMEOUT_MS', {
    meaning: 'How long a request waits for a connection, in milliseconds',
    min: 100,
    max: 60_000,
    default: 2000,
  }),
  databaseQueryTimeoutMs: integer('DATABASE_QUERY_TIMEOUT_MS', {
    meaning: 'How long one statement may take, in milliseconds',
    min: 100,
    max: 60_000,
    default: 5000,
  }),
  databasePrepared: boolean('DATABASE_PREPARED', {
    meaning:
      'Whether a connection prepares statements and sends session settings; must be false behind a pooler in transaction mode',
    default: true,
  }),
}

export type DatabaseConfig = Config<typeof databaseSettings>

/** Settings of PostgreSQL that a connection asks for, by name. */
export type SessionSettings = Readonly<Record<string, string>>

/**
 * Plans that walk an index in the order of the list, for connections that serve pages of a list. Before the first
 * ANALYZE, PostgreSQL would plan a page as a sort of the whole list and keep that plan. LIMIT as a parameter looks costly
 * to plan generically, so it would plan each execution again. Where there is no index to walk, the price that PostgreSQL
 * before 18 puts on a plan that is switched off must not start the compiler.
 */
export const indexWalkPlans: SessionSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  jit: 'off',
}

/** Returns pg's settings for a connection that is called `name` on the server and asks for `session` too. */
export function connectionSettings(
  config: DatabaseConfig,
  { name, session = {} }: { name: string; session?: SessionSettings },
) {
  // options in the URL would replace ours altogether, so they go in front of them
  const url = new URL(config.databaseUrl)
  const options = url.searchParams.getAll('options')
  url.searchParams.delete('options')
  // A pooler in transaction mode gives each transaction any session it has, so these must then come from the role
  if (config.databasePrepared) {
    const settings = {
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      // The server ends a slow statement; the client's own timer is for a server that has gone silent, where
      // without it (and without connectionTimeoutMillis) a query would hang for ever.
      statement_timeout: String(config.databaseQueryTimeoutMs),
      idle_in_transaction_session_timeout: '10000',
      ...session,
    }
    options.push(...Object.entries(settings).map(([setting, value]) => `-c ${setting}=${value}`))
  }
  return {
    connectionString: url.href,
    application_name: name,
    connectionTimeoutMillis: config.databaseConnectTimeoutMs,
    ...(options.length > 0 && { options: options.join(' ') }),
    query_timeout: clientTimeoutMs(config),
    keepAlive: true,
    types: textOfTimestamptz,
  }
}

/** Later than the server's own limit, so that it is the server that ends a slow statement while it can. */
const clientTimeoutMs = ({ databaseQueryTimeoutMs }: DatabaseConfig) => databaseQueryTimeoutMs + 500

const textOfTimestamptz: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.TIMESTAMPTZ
      ? String
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

const isUtc = (value: string) => /^(?:Etc\/)?(?:UTC|GMT)$/i.test(value)
const isBounded = (value: string) => value !== '0'

/** What the answers' times and texts, and the bound of every wait, rest on. `example` is a value that will do. */
const requiredSettings = [
  { name: 'TimeZone', isMet: isUtc, expected: 'UTC', example: 'UTC' },
  {
    name: 'DateStyle',
    isMet: (value: string) => value.startsWith('ISO'),
    expected: 'ISO',
    example: 'ISO, MDY',
  },
  { name: 'client_encoding', isMet: (value: string) => value === 'UTF8', expected: 'UTF8', example: 'UTF8' },
  { name: 'statement_timeout', isMet: isBounded, expected: 'more than 0', example: '5s' },
  {
    name: 'idle_in_transaction_session_timeout',
    isMet: isBounded,
    expected: 'more than 0',
    example: '10s',
  },
]

const selectSettings = `SELECT ${requiredSettings.map(({ name }) => `current_setting('${name}')`).join(', ')}`

/**
 * Checks the session of a new connection, because a pooler may drop what was asked for. Throws an Error that names each
 * setting that is wrong, its value, the expected one, and what an operator can do.
 *
 * The statement is prepared under one name where all are: in transaction mode a pooler soon gives this connection a session
 * in which another one has prepared it, which fails here, before any request is served.
 */
export async function verifySession(client: pg.ClientBase, config: DatabaseConfig): Promise<void> {
  const { rows } = await client.query<string[]>({
    ...(config.databasePrepared && { name: 'select-session-settings' }),
    text: selectSettings,
    rowMode: 'array',
    query_timeout: clientTimeoutMs(config),
  } as pg.QueryArrayConfig)
  const values = rows[0] as string[]
  const wrong = requiredSettings.flatMap((setting, index) => {
    const value = values[index] as string
    return setting.isMet(value) ? [] : [{ ...setting, value }]
  })
  if (wrong.length === 0) return
  const { user } = client as pg.Client
  const findings = wrong.map(({ name, value, expected }) => `${name} is ${value}, but must be ${expected}`)
  const remedies = wrong.map(({ name, example }) => `ALTER ROLE ${user} SET ${name} = '${example}';`)
  throw new Error(
    `The database session has wrong settings: ${findings.join('; ')}. A connection pooler in between may have dropped them, so set them on the role: ${remedies.join(' ')} Then let the pooler connect again.`,
  )
}
