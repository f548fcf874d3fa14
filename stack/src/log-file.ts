import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

const FOLLOW_INTERVAL_MS = 200
const MAX_BYTES = 50 * 1024 * 1024
/** More lines than this in one second are left in the file. */
const MAX_SHOWN_PER_SECOND = 10
const MAX_UNSHOWN = 5

export type LogFile = {
  path: string
  /** Shows what has been written since the last time, as far as it is for a person to see. Happens by itself too. */
  follow(): void
  /** The last of the lines that were not shown. */
  unshown(): string[]
  close(): void
}

/** A new file, emptied when it grows large; that of the last start is kept beside it as <name>.previous. */
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
    if (Date.now() - start > 1000) {
      start = Date.now()
      shown = 0
    }
    shown++
    if (shown <= MAX_SHOWN_PER_SECOND) show(line)
    else if (shown === MAX_SHOWN_PER_SECOND + 1) show(instead)
  }
}

/** All but warnings and worse, and what is no log line, such as what a process says on its way out. */
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
