import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '@shop/commands/ports'
import { spawnAs } from '@shop/embedded-postgres/account'
import { openCluster } from '@shop/embedded-postgres/cluster'
import { readConfig } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { cleanUp, type Lifetime } from '@shop/tests/kit/clean-up'
import pg from 'pg'
import { launchOnce } from './launcher.ts'

const noTls = spawnSync('openssl', ['version']).error !== undefined && 'openssl is not installed here'

test('npm start on a PostgreSQL that accepts only TLS, or only a socket', {
  skip: noTls,
}, async (t) => {
  const { folder, port, login } = await startDatabase(t)
  const socketUrl = `postgres://${login}@/shop?host=${folder}&port=${port}`

  await t.test('a certificate by a path relative to where npm was called', (t) =>
    launchOnce(t, {
      npm_lifecycle_event: 'start',
      INIT_CWD: folder,
      DATABASE_URL: `postgres://${login}@localhost:${port}/shop?sslmode=verify-full&sslrootcert=ca.pem`,
    }),
  )

  await t.test('a host, a mode and an authority in variables, relative to where npm was called', (t) =>
    launchOnce(
      t,
      {
        DATABASE_URL: `postgres://${login}@/shop`,
        PGHOST: 'localhost',
        PGPORT: String(port),
        PGSSLMODE: 'verify-full',
        NODE_EXTRA_CA_CERTS: 'ca.pem',
      },
      folder,
    ),
  )

  await t.test('the commands for the database find its certificate from there too', () => {
    const argv = [join(import.meta.dirname, '../../database/src/cli.ts'), 'up']
    for (const env of [
      {
        npm_lifecycle_event: 'migrate:up',
        INIT_CWD: folder,
        DATABASE_URL: `postgres://${login}@localhost:${port}/shop?sslmode=verify-full&sslrootcert=ca.pem`,
      },
      {
        DATABASE_URL: `postgres://${login}@localhost:${port}/shop`,
        PGSSLMODE: 'require',
        PGSSLROOTCERT: join(folder, 'ca.pem'),
      },
    ])
      execFileSync(process.execPath, argv, { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' })
  })

  await t.test('a socket', (t) => launchOnce(t, { DATABASE_URL: socketUrl }))

  await t.test('a service accepts every URL of a socket that pg accepts', async () => {
    const path = encodeURIComponent(folder)
    const [user, password] = login.split(':')
    for (const DATABASE_URL of [
      socketUrl,
      `postgresql://${login}@${path}:${port}/shop`,
      `postgres:///shop?host=${folder}&port=${port}&user=${user}&password=${password}`,
      `postgres://${login}@ignored.test/shop?host=${path}&port=${port}`,
    ]) {
      const { databaseUrl } = readConfig({ databaseUrl: databaseSettings.databaseUrl }, { DATABASE_URL })
      // the same settings, through the URL parser that services use in addition to pg's
      const client = new pg.Client({ connectionString: new URL(databaseUrl).href })
      await client.connect()
      const { rows } = await client.query('SELECT current_user AS name, inet_server_addr() AS address')
      await client.end()
      assert.deepEqual(rows, [{ name: user, address: null }])
    }
  })
})

/**
 * Starts a separate cluster, with a certificate from its own authority in ca.pem; over TCP it requires TLS.
 */
async function startDatabase(t: Lifetime) {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'))
  cleanUp(t, () => rm(folder, { recursive: true }))
  await chmod(folder, 0o777)
  const cluster = await openCluster(folder, { owner: 'shop', durable: false, log: () => {} })
  await makeCertificate(folder, cluster.data)
  const { owner } = cluster.account
  if (owner) await chown(join(cluster.data, 'server.key'), owner.uid, owner.gid)
  await writeFile(
    join(cluster.data, 'pg_hba.conf'),
    'local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n',
  )
  const port = await freePort()
  await appendFile(
    join(cluster.data, 'postgresql.conf'),
    `port = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '${folder}'\nfsync = off\nssl = on\n`,
  )
  const server = spawnAs(cluster.account, cluster.binaries.postgres, ['-D', cluster.data], 'ignore')
  const exit = once(server, 'exit')
  cleanUp(t, () => {
    server.kill('SIGQUIT')
    return exit
  })
  const login = `shop:${encodeURIComponent(cluster.password)}`
  await createDatabase(`postgres://${login}@${encodeURIComponent(folder)}:${port}/postgres`)
  return { folder, port, login }
}

async function makeCertificate(folder: string, data: string) {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const server = ['-keyout', join(data, 'server.key'), '-out', 'server.csr']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=authority',
    '-days',
    '2',
  )
  openssl('req', ...key, ...server, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost')
  openssl(
    'x509',
    ...['-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-copy_extensions', 'copy'],
    ...['-days', '2', '-out', join(data, 'server.crt')],
  )
  await chmod(join(folder, 'ca.pem'), 0o644)
  await chmod(join(data, 'server.crt'), 0o644)
}

/** Retries until the server is up. */
async function createDatabase(url: string) {
  for (const deadline = Date.now() + 30_000; ; await setTimeout(50)) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.query('CREATE DATABASE shop')
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    } finally {
      await client.end().catch(() => {})
    }
  }
}
