import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passedEnvironment } from '../src/environment.ts'

const npm = { npm_lifecycle_event: 'start', INIT_CWD: '/home/me/project' }

test('children get certificates, flags of Node.js, proxies and telemetry, with absolute paths', () => {
  const given = {
    NODE_EXTRA_CA_CERTS: 'ca.pem',
    SSL_CERT_FILE: '/etc/ssl/ca.pem',
    SSL_CERT_DIR: '../certificates',
    NODE_OPTIONS: '--import ./telemetry.mjs',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4318',
  }
  assert.deepEqual(passedEnvironment({ ...npm, ...given }), {
    ...given,
    NODE_EXTRA_CA_CERTS: '/home/me/project/ca.pem',
    SSL_CERT_DIR: '/home/me/certificates',
  })
  assert.equal(passedEnvironment({ SSL_CERT_FILE: 'ca.pem' }).SSL_CERT_FILE, `${process.cwd()}/ca.pem`)
})

test('children get no secrets of the launcher and no variables that are settings of their own', () => {
  const withheld = {
    PGHOST: 'h',
    PGUSER: 'u',
    PGPASSWORD: 'p',
    PGDATABASE: 'd',
    PGOPTIONS: '-c search_path=x',
    PGSSLMODE: 'require',
    PGPASSFILE: '/home/me/.pgpass',
    ORDER_SERVICE_DB_PASSWORD: 'p',
    AWS_SECRET_ACCESS_KEY: 'p',
    PORT: '1',
    HOST: '0.0.0.0',
    DATABASE_URL: 'postgres://u:p@h/d',
  }
  assert.deepEqual(passedEnvironment({ ...npm, ...withheld }), {})
})

test('a proxy is not used for processes on this machine', () => {
  const { NO_PROXY, no_proxy, HTTPS_PROXY } = passedEnvironment({
    HTTPS_PROXY: 'http://proxy.test',
    NO_PROXY: '.corp.test',
  })
  assert.equal(HTTPS_PROXY, 'http://proxy.test')
  assert.equal(NO_PROXY, '.corp.test,127.0.0.1,localhost')
  assert.equal(no_proxy, NO_PROXY)
})
