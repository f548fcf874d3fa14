import { type Logger, pino } from 'pino'
import { oneOf } from './config.ts'
import { hasTracing, traceFields } from './tracing.ts'

export const logSettings = {
  logLevel: oneOf('LOG_LEVEL', {
    meaning: 'The least severe log line to write',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),
}

/** Members that are never logged, at any depth, in any case, with or without `_` or `-`. */
const secrets = [
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'setCookie',
  'privateKey',
  'authSecret',
  'databaseUrl',
]

/** Returns a logger that writes JSON lines to standard output, or to `destination`. */
export function createLogger(
  options: { name: string; level: string },
  destination?: { write(line: string): void },
): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.name, pid: process.pid },
      timestamp,
      // not without the SDK, because it costs a tenth of a line
      ...(hasTracing() && { mixin: traceFields }),
      serializers: { err: describeError },
      formatters: {
        level: (level) => ({ level }),
        log: (object) => withoutSecrets(object) as Record<string, unknown>,
      },
      // the bindings of child loggers bypass the formatter
      redact: { paths: secrets, censor: '[redacted]' },
    },
    destination ?? standardOutput(),
  )
}

/**
 * Writes synchronously: otherwise an exiting process would wait forever for a reader that is gone. Lines are
 * batched, because one write per line costs a tenth of a short request; a warning flushes immediately, and no
 * line waits longer than `flushMs`. A log that cannot be written, say on a full disk, does not end the
 * process: up to `maxUnwrittenLength` is kept until it can.
 */
function standardOutput() {
  const output = pino.destination({ dest: 1, sync: true, maxLength: maxUnwrittenLength })
  output.on('error', () => {})
  let lines = ''
  const flush = () => {
    if (lines) output.write(lines)
    lines = ''
  }
  // a single timer: creating timers during requests keeps V8's young-generation collections from freeing
  // memory
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
/** In characters; further lines are dropped until these are written. */
const maxUnwrittenLength = 1024 * 1024

let now = 0
let nowText = ''

/** Like pino's isoTime, but formatted at most once per millisecond. */
function timestamp(): string {
  if (now !== Date.now()) {
    now = Date.now()
    nowText = `,"time":"${new Date(now).toISOString()}"`
  }
  return nowText
}

/** A pattern of pino's redaction covers one depth, and wildcards take 30 µs per line; this takes 1 µs. */
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

/**
 * Returns whether `value` has no secrets and no nested objects: then, as for most lines, no copy is needed.
 */
function isFlat(value: object): boolean {
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'object' || isSecret(name)) return false
  }
  return true
}

const maxDepth = 8

const secretNames = new Set(secrets.map((name) => name.toLowerCase()))

const isSecret = (name: string) => secretNames.has(name.toLowerCase().replace(/[-_]/g, ''))

/** Excludes errors, dates and other objects that are serialized in their own way. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** An allow-list: a PostgreSQL error, for example, has the values of the affected row in `detail`. */
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
