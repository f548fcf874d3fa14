import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { completeDatabaseUrl } from '../src/owner-url.ts'

const npm = { npm_lifecycle_event: 'start', INIT_CWD: '/home/me/work' }

test('what PG* variables say of the server is in the URL, but for the user and the password', () => {
  const env = {
    ...npm,
    PGHOST: '/run/postgresql',
    PGPORT: '5433',
    PGUSER: 'owner',
    PGPASSWORD: 'secret',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: 'ca.pem',
  }
  const ssl = 'sslmode=verify-full&sslrootcert=%2Fhome%2Fme%2Fwork%2Fca.pem'
  const cases: Record<string, string> = {
    'postgres://': `postgres:///owner?host=%2Frun%2Fpostgresql&port=5433&${ssl}`,
    'postgres:///shop': `postgres:///shop?host=%2Frun%2Fpostgresql&port=5433&${ssl}`,
    'postgres://a:b@db.test/shop': `postgres://a:b@db.test/shop?port=5433&${ssl}`,
    'postgres://a:b@db.test:1/shop?sslmode=disable': 'postgres://a:b@db.test:1/shop?sslmode=disable',
  }
  for (const [url, completed] of Object.entries(cases)) assert.equal(completeDatabaseUrl(url, env), completed)
})

test('a URL that says everything stays as it is, and its paths become absolute', () => {
  const url = 'postgres://a:b@db.test:1/shop?sslmode=verify-full&sslrootcert=ca.pem&sslkey=/k.pem'
  assert.equal(
    completeDatabaseUrl(url, npm),
    'postgres://a:b@db.test:1/shop?sslmode=verify-full&sslrootcert=%2Fhome%2Fme%2Fwork%2Fca.pem&sslkey=%2Fk.pem',
  )
  assert.equal(completeDatabaseUrl('postgres://a:b@db.test:1/shop', {}), 'postgres://a:b@db.test:1/shop')
})

test('a certificate alone does not switch TLS on', () => {
  const url = 'postgres://a:b@db.test:1/shop'
  assert.equal(completeDatabaseUrl(url, { PGSSLROOTCERT: '/ca.pem' }), url)
})

test('the name of a database in PGDATABASE reaches pg', () => {
  for (const PGDATABASE of ['a+b', 'a@b:c', 'a b/c', 'a%2Bb', 'größe']) {
    const connectionString = completeDatabaseUrl('postgres://a:b@db.test:1', { PGDATABASE })
    assert.equal(new pg.Client({ connectionString }).database, PGDATABASE)
  }
})
