import pg from 'pg'
import { ServiceUnavailableError } from '../errors.ts'

/**
 * Returns whether PostgreSQL refused the statement and the connection can still be used. The end of a
 * connection arrives as a DatabaseError too, and so do prepared statements that a pooler lost or swapped;
 * after those it cannot.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(?:08|57P0|25P0[34]|26000|42P05)/.test(error.code ?? '')
}

/** Returns whether the server did not answer, not even that a statement took too long: pg gave up waiting. */
export const isSilence = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout'

/**
 * serialization_failure and deadlock_detected: PostgreSQL has rolled back, and a second attempt is likely to
 * succeed.
 */
const conflictStates = ['40001', '40P01']

/** Returns whether `error` is a conflict between transactions, after which the transaction may run again. */
export function isConflict(error: unknown): boolean {
  const cause = error instanceof ServiceUnavailableError ? error.cause : error
  return cause instanceof pg.DatabaseError && conflictStates.includes(cause.code ?? '')
}

/**
 * SQLSTATEs that blame the database and not the statement: connections, resources, shutdown, time-outs (of
 * sessions too), standby, conflicts that did not resolve, prepared statements that a pooler lost or swapped.
 */
const unavailableStates = /^(?:08...|53...|57P0[1-5]|57014|55P03|25006|25P0[34]|40001|40P01|26000|42P05)$/

/** pg has no codes for errors from its timers and sockets. */
const unavailableMessages =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error)/

/**
 * Returns the error to throw for a failed statement: ServiceUnavailableError when the database is to blame,
 * else `error` itself.
 */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const unavailable =
    error instanceof pg.DatabaseError
      ? unavailableStates.test(error.code ?? '')
      : // when none of a host's several addresses answers, the error is an AggregateError
        'syscall' in error || error instanceof AggregateError || unavailableMessages.test(error.message)
  return unavailable ? databaseUnavailable(error, explainPooler(error)) : error
}

/** Role and database of a connection, as DATABASE_URL has them. */
export type Login = { user?: string | undefined; database?: string | undefined }

/**
 * Returns the error to throw when a connection could not be made, always ServiceUnavailableError: no
 * statement is to blame.
 */
export function connectionFailure(error: unknown, login: Login): ServiceUnavailableError {
  return databaseUnavailable(error, explainConnection(error, login) ?? explainPooler(error))
}

/**
 * Returns the name of the constraint that the statement violated, or undefined for any other error. A distributed engine
 * appends the number of the shard, which is left out: Citus numbers from 102008 on.
 */
export function violatedConstraint(error: unknown): string | undefined {
  if (!(error instanceof pg.DatabaseError) || !error.code?.startsWith('23')) return undefined
  return error.constraint?.replace(/_\d{6,}$/, '')
}

/**
 * Returns whether PostgreSQL refused the statement for what it was to do, such as a violated constraint: what another
 * statement does is not affected.
 */
export const isRefusedForContent = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && /^(?:2[123]|P0)/.test(error.code ?? '')

/** Returns whether the statement waited for a lock as long as it may; with `table`, for a lock of a row of that table. */
export function isLockTimeout(error: unknown, table = ''): boolean {
  const cause = error instanceof ServiceUnavailableError ? error.cause : error
  if (!(cause instanceof pg.DatabaseError) || cause.code !== '55P03') return false
  // only the context names the table, in any language of the server
  return (cause.where ?? '').includes(table)
}

/** The explanation is for the log; clients learn only that the database is unavailable. */
function databaseUnavailable(error: unknown, explanation: string | undefined): ServiceUnavailableError {
  const cause = explanation === undefined ? error : new Error(explanation, { cause: error })
  return new ServiceUnavailableError('database_unavailable', 'The database is unavailable.', { cause })
}

function explainConnection(error: unknown, { user, database }: Login): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  // PgBouncer reports every failure with the same code
  if (code === '28P01' || /(?:password|SASL) authentication failed/.test(error.message))
    return `The database refuses the password of role ${user}: check DATABASE_URL and the role's password.`
  if (/client password must be a (?:non-empty )?string/.test(error.message))
    return `The database asks for the password of role ${user}, and DATABASE_URL has none.`
  if (code === '28000')
    return `The database does not let role ${user} log in: check that the role exists, that it has LOGIN, and pg_hba.conf.`
  if (code === '3D000') return `The server has no database ${database}: check DATABASE_URL.`
  if (code === '42501') return `Role ${user} may not connect to database ${database}: it needs GRANT CONNECT.`
  if (code === '53300')
    return 'The server accepts no more connections: raise max_connections, or lower DATABASE_POOL_SIZE.'
  return undefined
}

function explainPooler(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  if (code === '26000' || code === '42P05')
    return 'A prepared statement is missing, or belongs to another connection: there is a connection pooler in transaction mode in between. Set DATABASE_PREPARED=false.'
  if (/unsupported startup parameter/.test(error.message))
    return 'The connection pooler refuses the session settings: add options to its ignore_startup_parameters, or set DATABASE_PREPARED=false.'
  return undefined
}

const codeOf = (error: Error) => ('code' in error ? error.code : undefined)
