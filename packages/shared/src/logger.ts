import { type Logger, pino } from 'pino'
import { oneOf } from './config.ts'

export const logSettings = {
  logLevel: oneOf('LOG_LEVEL', {
    meaning: 'The least severe log line to write',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),
}

/** Never written anywhere, wherever in a logged object they turn up. */
const secrets = [
  'password',
  'passwordHash',
  'password_hash',
  'token',
  'accessToken',
  'authorization',
  'privateKey',
  'private_key',
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
      formatters: { level: (level) => ({ level }) },
      serializers: { err: describeError },
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    destination ?? pino.destination(1),
  )
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
