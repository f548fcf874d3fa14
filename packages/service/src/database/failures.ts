import pg from 'pg'
import { ServiceUnavailableError } from '../errors.ts'

/**
 * Whether `error` is PostgreSQL's answer to a statement, after which the connection is in order; as against the end of
 * the connection, which arrives as a DatabaseError too, and statements that a pooler has lost or swapped.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(?:08|57P0|25P0[34]|26000|42P05)/.test(error.code ?? '')
}

/** serialization_failure and deadlock_detected: PostgreSQL has undone everything, and the same again may well succeed. */
const conflictStates = ['40001', '40P01']

/** Whether `error` is a conflict of transactions, after which the transaction may be run again. */
export function isConflict(error: unknown): boolean {
  const cause = error instanceof ServiceUnavailableError ? error.cause : error
  return cause instanceof pg.DatabaseError && conflictStates.includes(cause.code ?? '')
}

/** SQLSTATEs that blame the database rather than the statement: connections, resources, shutdown, time-outs (of sessions, too), standby; conflicts that did not resolve; prepared statements that a pooler lost or swapped. */
const unavailableStates = /^(?:08...|53...|57P0[1-5]|57014|55P03|25006|25P0[34]|40001|40P01|26000|42P05)$/

/** pg has no codes for errors of its own timers and sockets. */
const unavailableMessages =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error)/

/** Returns what a caller is to see of an error that a statement failed with: ServiceUnavailableError when the database is to blame. */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const unavailable =
    error instanceof pg.DatabaseError
      ? unavailableStates.test(error.code ?? '')
      : // a host with several addresses, none of which answers, is an AggregateError
        'syscall' in error || error instanceof AggregateError || unavailableMessages.test(error.message)
  return unavailable ? databaseUnavailable(error, explainPooler(error)) : error
}

/** Whose connection it is, as DATABASE_URL says. */
export type Login = { user?: string | undefined; database?: string | undefined }

/** Returns the error for a connection that could not be made, whatever the reason: no statement is to blame. */
export function connectionFailure(error: unknown, login: Login): ServiceUnavailableError {
  return databaseUnavailable(error, explainConnection(error, login) ?? explainPooler(error))
}

/** The name of the violated constraint, when `error` is PostgreSQL's refusal for that reason. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code?.startsWith('23') ? error.constraint : undefined
}

/** The explanation is for the log; a client sees no more than that the database is not available. */
function databaseUnavailable(error: unknown, explanation: string | undefined): ServiceUnavailableError {
  const cause = explanation === undefined ? error : new Error(explanation, { cause: error })
  return new ServiceUnavailableError('database_unavailable', 'The database is not available.', { cause })
}

function explainConnection(error: unknown, { user, database }: Login): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  // PgBouncer has one code for everything
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
