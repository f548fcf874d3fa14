import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const root = join(import.meta.dirname, '../..')

/** The database of another version, in its own PostgreSQL. */
export type BeforeDatabase = {
  /** The owner's URL. */
  url: string
  /** The process id of its postmaster. */
  postmaster: number
  /** The URLs of the services' roles. */
  urls: { order: string; product: string }
}

export type Before = BeforeDatabase & {
  /** The root of its files. */
  root: string
  stop(): Promise<void>
}

/** Another version cannot be run; the message says why. */
export class NoVersionBeforeError extends Error {}

/**
 * Starts the database of the version in `from`, a folder with its dependencies installed or else a commit, whose files
 * are put and installed in `folder` once. Throws NoVersionBeforeError.
 */
export async function startBefore(
  from: string,
  { folder, log }: { folder: string; log: (line: string) => void },
) {
  const { root: beforeRoot, name } = await find(from, { folder, log }).catch((cause) => {
    const [reason] = String(cause.stderr || cause.message)
      .trim()
      .split('\n')
    throw new NoVersionBeforeError(`the version before, ${from}, cannot be run: ${reason}`, { cause })
  })
  const dataDir = join(folder, `before-${name}`)
  await mkdir(dataDir, { recursive: true })
  log(`the version before: ${from}`)
  const child = fork(join(import.meta.dirname, 'before-main.ts'), [beforeRoot, dataDir])
  const ended = once(child, 'exit')
  const [database] = (await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('the database of the version before did not start'))),
  ])) as [BeforeDatabase]
  const before: Before = {
    ...database,
    root: beforeRoot,
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
  return before
}

async function find(from: string, { folder, log }: { folder: string; log: (line: string) => void }) {
  const given = resolve(from)
  if (existsSync(join(given, 'bench/src/bench-database.ts'))) {
    const { stdout } = await run('git', ['-C', given, 'rev-parse', '--short', 'HEAD'])
    return { root: given, name: stdout.trim() }
  }
  const { stdout } = await run('git', ['-C', root, 'rev-parse', '--short', '--verify', `${from}^{commit}`])
  const name = stdout.trim()
  const files = join(folder, `version-${name}`)
  if (!existsSync(join(files, 'node_modules/.package-lock.json'))) {
    log(`installing ${from} in ${files}`)
    await mkdir(files, { recursive: true })
    // not a worktree, which would leave a trace in the repository
    await run('git', ['-C', root, 'archive', '--output', `${files}.tar`, name])
    await run('tar', ['-xf', `${files}.tar`, '-C', files])
    await rm(`${files}.tar`)
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: files })
  }
  return { root: files, name }
}
