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
      timestamp,
      serializers: { err: describeError },
      formatters: {
        level: (level) => ({ level }),
        log: (object) => withoutSecrets(object) as Record<string, unknown>,
      },
      // what a child logger is bound to does not pass the formatter
      redact: { paths: secrets, censor: '[redacted]' },
    },
    destination ?? standardOutput(),
  )
}

/**
 * Written synchronously: otherwise lines that nobody reads any more would keep a process that exits waiting for ever.
 * Several lines at a time, because a write each costs a tenth of a short request; but a warning leaves at once, with
 * all before it, and nothing waits for longer than `flushMs`. A log that cannot be written, above all because its disk
 * is full, is no reason to end: some of it is kept until it can.
 */
function standardOutput() {
  const output = pino.destination({ dest: 1, sync: true, maxLength: maxUnwrittenLength })
  output.on('error', () => {})
  let lines = ''
  const flush = () => {
    if (lines) output.write(lines)
    lines = ''
  }
  // one for ever: timers that come and go on the way of requests keep V8's young collections from freeing what is near
  const timer = setTimeout(flush, flushMs).unref()
  process.on('exit', flush)
  return {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string) {
      if (lines === '') timer.refresh()
      lines += line
      if (this.lastLevel >= warn || lines.length >= batchLength) flush()
    },
  }
}

const batchLength = 4096
const flushMs = 100
const warn = 40
/** Characters; what comes after these is dropped until they are written. */
const maxUnwrittenLength = 1024 * 1024

let now = 0
let nowText = ''

/** As pino's isoTime, but formatted once a millisecond. */
function timestamp(): string {
  if (now !== Date.now()) {
    now = Date.now()
    nowText = `,"time":"${new Date(now).toISOString()}"`
  }
  return nowText
}

/** pino's own redaction reaches one depth a pattern, and patterns with wildcards take 30 µs a line; this takes one. */
function withoutSecrets(value: unknown, depth = 0): unknown {
  if (!Array.isArray(value) && !isPlainObject(value)) return value
  if (depth > maxDepth) return '[deeper]'
  if (isFlat(value)) return value
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1))
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    isSecret(name) ? '[redacted]' : withoutSecrets(member, depth + 1),
  ])
  return Object.fromEntries(entries)
}

/** Whether it holds no secrets and nothing that could: then, as on every request, there is nothing to copy. */
function isFlat(value: object): boolean {
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'object' || isSecret(name)) return false
  }
  return true
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
