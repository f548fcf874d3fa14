import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

const FOLLOW_INTERVAL_MS = 200
const MAX_BYTES = 50 * 1024 * 1024
/** Maximum lines shown per second; further ones are only in the file. */
const MAX_SHOWN_PER_SECOND = 10
const MAX_UNSHOWN = 5

export type LogFile = {
  path: string
  /** Shows new lines that a person should see. Also called by a timer. */
  follow(): void
  /** Returns the last lines that were not shown. */
  unshown(): string[]
  close(): void
}

/**
 * Opens a new log file, which is emptied when it grows large; the previous start's file is kept as
 * <name>.previous.
 */
export function openLogFile(path: string, options: { name: string; show: (line: string) => void }): LogFile {
  mkdirSync(dirname(path), { recursive: true })
  if (existsSync(path)) renameSync(path, `${path}.previous`)
  const fd = openSync(path, 'a+')
  const buffer = Buffer.alloc(64 * 1024)
  const decoder = new StringDecoder()
  const show = limitRate(options.show, `  ${options.name}: … and more, see ${path}`)
  const unshown: string[] = []
  let position = 0
  let rest = ''

  function handle(line: string) {
    if (!isHarmless(line)) return show(`  ${options.name}: ${readableLine(line)}`)
    unshown.push(readableLine(line))
    if (unshown.length > MAX_UNSHOWN) unshown.shift()
  }

  function follow() {
    for (;;) {
      const bytes = readSync(fd, buffer, { position })
      if (bytes === 0) break
      position += bytes
      const lines = (rest + decoder.write(buffer.subarray(0, bytes))).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(handle)
    }
    if (position < MAX_BYTES) return
    ftruncateSync(fd)
    position = 0
  }

  const timer = setInterval(follow, FOLLOW_INTERVAL_MS)
  return {
    path,
    follow,
    unshown: () => unshown,
    close() {
      clearInterval(timer)
      follow()
      closeSync(fd)
    },
  }
}

function limitRate(show: (line: string) => void, instead: string) {
  let start = 0
  let shown = 0
  return (line: string) => {
    if (performance.now() - start > 1000) {
      start = performance.now()
      shown = 0
    }
    shown++
    if (shown <= MAX_SHOWN_PER_SECOND) show(line)
    else if (shown === MAX_SHOWN_PER_SECOND + 1) show(instead)
  }
}

/** Whether a line is below a warning. Lines that are not log entries, such as a stack trace, are not. */
function isHarmless(line: string): boolean {
  return /^\{"level":"(?:trace|debug|info)"/.test(line) || line.trim() === ''
}

function readableLine(line: string): string {
  const entry = parseEntry(line)
  if (!entry) return line
  const cause = entry.err?.message ? `: ${entry.err.message}` : ''
  const request = entry.reqId ? ` (request ${entry.reqId})` : ''
  return `${entry.level}: ${entry.msg}${cause}${request}`
}

type Entry = { level: string; msg: string; err?: { message?: string }; reqId?: string }

function parseEntry(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value = JSON.parse(line)
    return typeof value.level === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
