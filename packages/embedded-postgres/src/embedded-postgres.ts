import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { type Cluster, openCluster } from './cluster.ts'
import { explainStaleLock } from './lock-file.ts'
import { type StartedServer, serverPort, startServer, stopServer } from './server.ts'

export type EmbeddedPostgres = {
  /** The owner's URL of the database. */
  url: string
  /** Releases the server; its last user stops it. */
  release(): Promise<void>
}

export type EmbeddedPostgresOptions = {
  /** Everything is kept in `<dataDir>/postgres-<major>`. */
  dataDir: string
  /**
   * The superuser that a new cluster is created with; `postgres` by default. Must always be the same for one
   * cluster.
   */
  owner?: string
  /** Created if it does not exist. */
  database: string
  /** False trades survival of a power cut for speed. The process that starts the server decides. */
  durable?: boolean
  log?: (line: string) => void
}

/**
 * Each user of a server holds this advisory lock, shared; a process that gets it exclusively is the last
 * user.
 */
const USERS_LOCK = 7_415_001
const CREATE_DATABASE_LOCK = 7_415_002

const START_TIMEOUT_MS = 30_000
const POLL_MS = 50
const QUIET_MS = 1000
const REJOIN_PAUSE_MS = 5000

/** Failures that may pass: another server runs, is stopping, or was just killed. */
const passingFailures = /lock file|shared memory block|could not bind|could not create any TCP\/IP sockets/

/**
 * Starts the PostgreSQL of `dataDir`, or joins the running one. Any number of processes may do so at the same
 * time, and any of them may be killed: the locks that record the users are held in the server, and end with
 * their connections. When the server is lost while in use, it is joined or started again in the background.
 */
export async function acquireEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, owner = 'postgres', database, durable = true, log = () => {} } = options
  const cluster = await openCluster(dataDir, { owner, durable, log })
  let client = await joinOrStart(cluster, { durable, log })
  const { port } = client
  let released: Promise<void> | undefined
  let rejoining: Promise<void> | undefined

  async function rejoin() {
    const report = oncePerText(log)
    report('lost the connection to PostgreSQL')
    while (!released) {
      try {
        client = await joinOrStart(cluster, { durable, log: report })
        client.once('end', onEnd)
        const moved = client.port === port ? '' : `, but on port ${client.port} instead of ${port}`
        return log(`PostgreSQL is back${moved}`)
      } catch (error) {
        report(`PostgreSQL is unavailable: ${error instanceof Error ? error.message : error}`)
        await setTimeout(REJOIN_PAUSE_MS)
      }
    }
  }
  function onEnd() {
    if (!released) rejoining = rejoin()
  }
  client.once('end', onEnd)

  const release = () => {
    released ??= (rejoining ?? Promise.resolve()).then(() => leave(client, cluster))
    return released
  }
  try {
    await createDatabase(client, database)
  } catch (error) {
    await release()
    throw error
  }
  const login = `${encodeURIComponent(owner)}:${encodeURIComponent(cluster.password)}`
  return {
    url: `postgres://${login}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    release,
  }
}

/** Returns a log that prints each line once, for loops that hit the same failure repeatedly. */
function oncePerText(log: (line: string) => void): (line: string) => void {
  const reported = new Set<string>()
  return (line) => {
    if (reported.has(line)) return
    reported.add(line)
    log(line)
  }
}

/** Returns a connection to the cluster's server that holds the users' lock. */
async function joinOrStart(cluster: Cluster, options: { durable: boolean; log: (line: string) => void }) {
  const start = performance.now()
  const report = oncePerText(options.log)
  let server: StartedServer | undefined
  for (;;) {
    const client = await tryJoin(cluster)
    if (client instanceof pg.Client) return client

    const reason = server?.failure || client.message
    if (server?.failure && !passingFailures.test(server.failure)) {
      throw new Error(`PostgreSQL does not start (its log is ${cluster.log}):\n${reason}`)
    }
    if (performance.now() > start + START_TIMEOUT_MS) {
      throw new Error(
        `PostgreSQL did not start within ${START_TIMEOUT_MS / 1000} s (its log is ${cluster.log}):\n${reason}`,
      )
    }
    if (performance.now() > start + QUIET_MS) {
      const stale = server?.failure.includes('lock file') && (await explainStaleLock(cluster))
      if (stale) throw new Error(stale)
      report(`waiting for PostgreSQL: ${reason}`)
    }
    // a server that is starting or stopping only needs time
    if (!server?.running && !isBusy(client)) server = await startServer(cluster, options)
    await setTimeout(POLL_MS)
  }
}

/** Returns the error when no server of this cluster accepts the connection. */
async function tryJoin(cluster: Cluster): Promise<pg.Client | Error> {
  const port = await serverPort(cluster)
  if (!port) return new Error('no server runs')
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: cluster.owner,
    password: cluster.password,
    database: 'postgres',
    ssl: false,
    application_name: 'embedded-postgres',
    connectionTimeoutMillis: 5000,
    // the users' lock is refused while the last user stops the server, which is a matter of seconds
    options: `-c lock_timeout=${START_TIMEOUT_MS}`,
  })
  // a connection that breaks emits an error, and without a listener that would end the process
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query('SHOW data_directory')
    // the port may have passed to another cluster since the server that wrote it was killed
    if (rows[0].data_directory !== cluster.data)
      throw new Error(`port ${port} belongs to ${rows[0].data_directory}`)
    await client.query('SELECT pg_advisory_lock_shared($1)', [USERS_LOCK])
    return client
  } catch (error) {
    await client.end()
    return error as Error
  }
}

/**
 * Whether the server is starting, recovering or stopping: admin_shutdown, crash_shutdown, cannot_connect_now.
 */
function isBusy(error: Error) {
  return error instanceof pg.DatabaseError && ['57P01', '57P02', '57P03'].includes(error.code ?? '')
}

async function createDatabase(client: pg.Client, database: string) {
  await client.query('SELECT pg_advisory_lock($1)', [CREATE_DATABASE_LOCK])
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database])
  if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`)
  await client.query('SELECT pg_advisory_unlock($1)', [CREATE_DATABASE_LOCK])
}

async function leave(client: pg.Client, cluster: Cluster) {
  try {
    if (await isLastUser(client)) await stopServer(cluster)
  } finally {
    await client.end()
  }
}

async function isLastUser(client: pg.Client): Promise<boolean> {
  try {
    await client.query('SELECT pg_advisory_unlock_shared($1)', [USERS_LOCK])
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS last', [USERS_LOCK])
    return rows[0].last
  } catch {
    // the server is gone, and the lock with it
    return false
  }
}
