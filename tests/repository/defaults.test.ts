import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { settings as order } from '@shop/order/settings'
import { settings as product } from '@shop/product/settings'
import { settings as relay } from '@shop/relay/settings'
import type { Settings } from '@shop/service/config'
import { stackSettings } from '@shop/stack/config'
import { settings as user } from '@shop/user/settings'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const documents = globSync(['*.md', 'docs/**/*.md', 'services/*/README.md', 'gateway/*.md'], { cwd: root })

const services: Record<string, Settings> = { user, product, order, relay }

/** The default of each variable that is the same in all services; PORT is not. */
const defaults = new Map(
  [...Object.values(services), stackSettings]
    .flatMap((settings) => Object.values(settings))
    .flatMap(({ env, default: value }) => (value === undefined || env === 'PORT' ? [] : [[env, value]])),
)

const portOf = (service: string) => services[service]?.port?.default

test('npm start gives each service its default port', () => {
  const { userPort, productPort, orderPort, relayPort } = stackSettings
  assert.deepEqual(
    [userPort, productPort, orderPort, relayPort].map((setting) => setting.default),
    ['user', 'product', 'order', 'relay'].map(portOf),
  )
})

test('the ports in entrypoint.sh, docker-compose.yml and the documents are the defaults', () => {
  const files = ['gateway/entrypoint.sh', 'docker-compose.yml', '.env.example', ...documents]
  const mentions = files.flatMap((file) =>
    [
      /\b(user|product|order|relay):(\d{4})\b/g,
      /\bservices\/(user|product|order|relay)\b.{0,40}?\bport\W{1,4}(\d{4})\b/gi,
    ]
      .flatMap((pattern) => [...read(file).matchAll(pattern)])
      .map(([text, service = '', port]) => ({ file, text, port, default: portOf(service) })),
  )
  assert.ok(mentions.length > 8, `${mentions.length} mentions`)
  assert.deepEqual(
    mentions.filter((mention) => mention.port !== mention.default),
    [],
  )
})

test('docker-compose.yml, its .env.example and the services have the same defaults', () => {
  const example = new Map(
    [...read('.env.example').matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, env, value]) => [env, value]),
  )
  // the demo data is for a first look; an .env is for a real shop
  example.delete('SEED')
  for (const [, env = '', value] of read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)) {
    if (example.has(env)) assert.equal(value, example.get(env), `.env.example: ${env}`)
    if (defaults.has(env)) assert.equal(value, defaults.get(env), `settings: ${env}`)
  }
})

test('where a document gives the default of a setting in brackets, it is correct', () => {
  let held = 0
  for (const file of documents) {
    // e.g. `DRAIN_DELAY_MS` (5 s), MAX_READS (250), DRAIN_DELAY_MS + SHUTDOWN_TIMEOUT_MS (15 s)
    for (const [text, names = '', written = '', unit] of read(file).matchAll(
      /((?:`?[A-Z][A-Z_]+`? \+ )*`?[A-Z][A-Z_]+`?) \(`?([\w.]+)( s)?`?\)/g,
    )) {
      const values = names
        .replaceAll('`', '')
        .split(' + ')
        .map((name) => defaults.get(name))
      if (values.includes(undefined)) continue
      const milliseconds = values.reduce((sum, value) => sum + Number(value), 0)
      assert.equal(written, unit ? String(milliseconds / 1000) : values[0], `${file}: ${text}`)
      held++
    }
  }
  assert.ok(held > 0, `${held} defaults`)
})
