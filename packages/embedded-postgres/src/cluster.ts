import { randomBytes } from 'node:crypto'
import {
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Account, chooseAccount, runAs } from './account.ts'
import { type Binaries, findBinaries } from './binaries.ts'

const ABANDONED_AFTER_MS = 10 * 60_000

/** `<dataDir>/postgres-<major>`: PostgreSQL's data, the owner's password and the server's log. */
export type Cluster = {
  folder: string
  /** The superuser that the cluster was created with, who owns every database. */
  owner: string
  data: string
  log: string
  password: string
  binaries: Binaries
  account: Account
}

/**
 * Opens the cluster in `dataDir`, creating it if there is none. Any number of processes may do so at the same
 * time.
 */
export async function openCluster(
  dataDir: string,
  options: { owner: string; durable: boolean; log: (line: string) => void },
): Promise<Cluster> {
  const { owner, durable, log } = options
  const binaries = await findBinaries()
  await mkdir(dataDir, { recursive: true })
  // the name that PostgreSQL will report for it
  const parent = await realpath(dataDir)
  const folder = join(parent, `postgres-${binaries.major}`)
  const data = join(folder, 'data')
  const account = await chooseAccount({ postgres: binaries.postgres, parent, data })
  await removeAbandonedDrafts(folder)

  let version = await readVersion(data)
  if (version === undefined) {
    log(`creating a PostgreSQL ${binaries.major} database in ${folder}`)
    await createCluster(folder, { owner, binaries, account, durable })
    version = await readVersion(data)
  }
  if (version !== String(binaries.major)) {
    throw new Error(
      `${data} was created by PostgreSQL ${version}, and this is PostgreSQL ${binaries.major}: set POSTGRES_BIN_DIR to ` +
        `the programs of PostgreSQL ${version}, or remove the folder to start with an empty database.`,
    )
  }
  const password = await readFile(join(folder, 'password'), 'utf8')
  return { folder, owner, data, log: join(folder, 'server.log'), password, binaries, account }
}

async function readVersion(data: string) {
  const text = await readFile(join(data, 'PG_VERSION'), 'utf8').catch((cause) => {
    if (cause.code === 'ENOENT') return undefined
    throw new Error(
      `The database in ${data} cannot be read (${cause.code}): was it created by another user?`,
      { cause },
    )
  })
  return text?.trim()
}

/** Creates a cluster in a draft folder and renames it, so that a crash never leaves half a cluster. */
async function createCluster(
  folder: string,
  options: { owner: string; binaries: Binaries; account: Account; durable: boolean },
) {
  const { owner, binaries, account, durable } = options
  const draft = await mkdtemp(`${folder}.new-`)
  const password = join(draft, 'password')
  try {
    await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 })
    if (account.owner)
      for (const path of [draft, password]) await chown(path, account.owner.uid, account.owner.gid)
    await runAs(account, binaries.initdb, [
      `--pgdata=${join(draft, 'data')}`,
      `--username=${owner}`,
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // the same order and case rules on every machine, whatever locales its system has
      '--locale=C',
      ...(binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
      ...(durable ? [] : ['--no-sync']),
    ])
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // another process was faster; the code depends on the file system
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
}

async function removeAbandonedDrafts(folder: string) {
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(`${basename(folder)}.new-`)) continue
    const draft = join(dirname(folder), name)
    const stats = await stat(draft).catch(() => undefined)
    if (stats && Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS)
      await rm(draft, { recursive: true, force: true })
  }
}
