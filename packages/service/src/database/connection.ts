import pg from 'pg'
import { boolean, type Config, integer, oneOf, optional, url } from '../config.ts'

export const databaseSettings = {
  databaseUrl: url('DATABASE_URL', {
    meaning: 'PostgreSQL 14 or later, as the role that was created for this service',
    protocols: ['postgres:', 'postgresql:'],
    secret: true,
  }),
  databasePoolSize: integer('DATABASE_POOL_SIZE', {
    meaning: 'Maximum number of connections in the pool of this process',
    min: 1,
    max: 100,
    default: 8,
  }),
  databaseConnectTimeoutMs: integer('DATABASE_CONNECT_TIMEOUT_MS', {
    meaning: 'Maximum time a request waits for a connection, in milliseconds',
    min: 100,
    max: 60_000,
    default: 2000,
  }),
  databaseQueryTimeoutMs: integer('DATABASE_QUERY_TIMEOUT_MS', {
    meaning: 'Maximum time one statement may take, in milliseconds',
    min: 100,
    max: 60_000,
    default: 5000,
  }),
  databasePrepared: boolean('DATABASE_PREPARED', {
    meaning:
      'Whether a connection prepares statements and sends session settings; must be false behind a pooler in transaction mode',
    default: true,
  }),
  databasePlanCacheMode: optional(
    oneOf('DATABASE_PLAN_CACHE_MODE', {
      meaning:
        "PostgreSQL's plan_cache_mode for connections that serve lists, instead of force_generic_plan; a distributed engine may need another to find the node of a user",
      choices: ['auto', 'force_generic_plan', 'force_custom_plan'],
    }),
  ),
}

export type DatabaseConfig = Config<typeof databaseSettings>

/** PostgreSQL settings that a connection asks for, by name. */
export type SessionSettings = Readonly<Record<string, string>>

/**
 * Planner settings for connections that serve pages of a list: walk an index in the order of the list. Before
 * the first ANALYZE, PostgreSQL would plan a page as a sort of the whole list and keep that plan; and because
 * a generic plan looks costly when LIMIT is a parameter, it would plan every execution. jit is off because
 * PostgreSQL before 18 adds a huge cost to a plan type that is switched off but unavoidable, which would
 * start the compiler.
 */
export const indexWalkPlans: SessionSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  jit: 'off',
}

/** Returns the settings for pg of a connection called `name`, which also asks the server for `session`. */
export function connectionSettings(
  config: DatabaseConfig,
  { name, session = {} }: { name: string; session?: SessionSettings },
) {
  // pg would let options in the URL replace ours, so they are put in front of them
  const url = new URL(config.databaseUrl)
  const options = url.searchParams.getAll('options')
  url.searchParams.delete('options')
  // A pooler in transaction mode runs each transaction in any of its sessions, so the settings must come from
  // the role
  if (config.databasePrepared) {
    const settings = {
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      // The server ends a slow statement. The client's own timer is for a server that has gone silent:
      // without it (and without connectionTimeoutMillis) a query would hang forever.
      statement_timeout: String(config.databaseQueryTimeoutMs),
      idle_in_transaction_session_timeout: '10000',
      ...session,
      ...(session.plan_cache_mode && config.databasePlanCacheMode
        ? { plan_cache_mode: config.databasePlanCacheMode }
        : {}),
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

/** Longer than the server's own limit, so that it is normally the server that ends a slow statement. */
const clientTimeoutMs = ({ databaseQueryTimeoutMs }: DatabaseConfig) => databaseQueryTimeoutMs + 500

const textOfTimestamptz: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.TIMESTAMPTZ
      ? String
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

const isUtc = (value: string) => /^(?:Etc\/)?(?:UTC|GMT)$/i.test(value)
const isBounded = (value: string) => value !== '0'

/**
 * The settings on which the times and texts in answers and the bound of every wait depend; `example` is a
 * valid value.
 */
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
 * Checks the session of a new connection, because a pooler may drop the settings that were asked for. Throws
 * an Error that names each wrong setting, its value, the expected value, and what an operator can do.
 *
 * The statement is prepared unless databasePrepared is false: a pooler in transaction mode soon hands this
 * connection a session in which another connection has prepared it, and that fails here, before a request is
 * served.
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
