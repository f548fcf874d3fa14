import { type Logger, pino } from 'pino'
import { oneOf } from './config.ts'

export const logSettings = {
  logLevel: oneOf('LOG_LEVEL', {
    meaning: 'The least severe log line to write',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),
}

/** Never written anywhere, wherever in a logged object they turn up, in any case and with or without `_` or `-`. */
const secrets = [
  'password',
  'passwordHash',
  'token',
  'accessToken',
  'authorization',
  'cookie',
  'setCookie',
  'privateKey',
  'authSecret',
  'databaseUrl',
]

/** JSON lines on standard output, or on `destination`. */
export function createLogger(
  options: { name: string; level: string },
  destination?: { write(line: string): void },
): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      formatters: {
        level: (level) => ({ level }),
        log: (object) => withoutSecrets(object) as Record<string, unknown>,
      },
      // what a child logger is bound to does not pass the formatter
      redact: { paths: secrets, censor: '[redacted]' },
    },
    // synchronous: otherwise lines that nobody reads any more would keep a process that exits waiting for ever
    destination ?? pino.destination({ dest: 1, sync: true }),
  )
}

/** pino's own redaction reaches one depth a pattern, and patterns with wildcards take 30 µs a line; this takes one. */
function withoutSecrets(value: unknown, depth = 0): unknown {
  if (!Array.isArray(value) && !isPlainObject(value)) return value
  if (depth > maxDepth) return '[deeper]'
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1))
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    isSecret(name) ? '[redacted]' : withoutSecrets(member, depth + 1),
  ])
  return Object.fromEntries(entries)
}

const maxDepth = 8

const secretNames = new Set(secrets.map((name) => name.toLowerCase()))

const isSecret = (name: string) => secretNames.has(name.toLowerCase().replace(/[-_]/g, ''))

/** Not an Error, a Date or the like, which have ways of their own to be written. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * What helps to find a fault, and no more: a PostgreSQL error, for one, carries the values of the row
 * that it is about in `detail`.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    code,
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}
