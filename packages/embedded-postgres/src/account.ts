import { type ChildProcess, execFile, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'

/**
 * The account that PostgreSQL's programs run as. `owner` is set when it is not the account of this process.
 */
export type Account = {
  owner?: { uid: number; gid: number }
  prefix: string[]
  spawn: { uid?: number; gid?: number }
}

const RUN_TIMEOUT_MS = 120_000

/** Programs get no other variables: PGPORT, PGOPTIONS or a locale would change what they do. */
const programOptions = { cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C' } }

/** Starts a program in its own process group, because a Ctrl-C in the terminal must not interrupt it. */
export function spawnAs(
  account: Account,
  program: string,
  args: string[],
  stdio: StdioOptions,
): ChildProcess {
  const [command = program, ...rest] = [...account.prefix, program, ...args]
  return spawn(command, rest, { ...programOptions, ...account.spawn, detached: true, stdio })
}

/** Runs a program to its end. Throws with its error output when it fails. */
export async function runAs(account: Account, program: string, args: string[]): Promise<void> {
  const child = spawnAs(account, program, args, ['ignore', 'ignore', 'pipe'])
  const deadline = setTimeout(() => child.kill('SIGKILL'), RUN_TIMEOUT_MS)
  const [output, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'exit')])
  clearTimeout(deadline)
  if (code !== 0) throw new Error(`${program} failed: ${output.trim()}`)
}

/**
 * PostgreSQL refuses to run as root; then it runs as the owner of an existing data folder, else as `postgres`
 * or `nobody`. That account must be able to reach both the programs and the folder of the data.
 */
export async function chooseAccount(paths: {
  postgres: string
  parent: string
  data: string
}): Promise<Account> {
  if (process.getuid?.() !== 0) return { prefix: [], spawn: {} }

  const owner = (await ownerOf(paths.data)) ?? (await ordinaryAccount())
  const plain: Account = { owner, prefix: [], spawn: owner }
  if (await canReach(plain, paths)) return plain

  const capable: Account = { owner, prefix: keepDirectoryAccess(owner), spawn: {} }
  if (await canReach(capable, paths)) return capable

  throw new Error(
    `PostgreSQL does not run as root, and user ${owner.uid} may not enter ${paths.parent} or run ${paths.postgres}. ` +
      'Move the project to a folder that every user may enter, run it as an ordinary user, or set DATABASE_URL.',
  )
}

/**
 * A clone in /root is closed to every other user, but the capability to pass directories opens it. Without
 * no_setuid_fixup, access(2), by which PostgreSQL looks for its own programs, would not count the capability.
 */
function keepDirectoryAccess({ uid, gid }: { uid: number; gid: number }) {
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--securebits=+no_setuid_fixup',
  ]
}

async function canReach(account: Account, { postgres, parent }: { postgres: string; parent: string }) {
  const [command = 'sh', ...rest] = [
    ...account.prefix,
    'sh',
    '-c',
    'cd -- "$1" && test -x "$2"',
    'sh',
    parent,
    postgres,
  ]
  return promisify(execFile)(command, rest, { ...programOptions, ...account.spawn }).then(
    () => true,
    () => false,
  )
}

async function ownerOf(path: string) {
  const stats = await stat(path).catch(() => undefined)
  return stats && stats.uid !== 0 ? { uid: stats.uid, gid: stats.gid } : undefined
}

async function ordinaryAccount() {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const entry = ['postgres', 'nobody'].map((name) => lines.find((line) => line[0] === name)).find(Boolean)
  if (!entry)
    throw new Error('PostgreSQL does not run as root, and neither user postgres nor nobody exists here.')
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}
