import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { standalonePrograms } from '../kit/standalone-document.ts'
import { until } from '../kit/until.ts'
import { createProject } from './compose.ts'

const project = await createProject(
  {
    POSTGRES_PASSWORD: 'owner@/:?#%1',
    ORDER_SERVICE_DB_PASSWORD: "order@/:?#%4'",
    AUTH_ISSUER: 'http://provider:4000',
    AUTH_AUDIENCE: 'orders',
    AUTH_USER_IDS: 'any',
    PRODUCT_SERVICE_URL: 'http://catalogue:4001',
  },
  { variant: 'standalone' },
)
const { compose, composeArgs, containers, docker, inspect, name, show, sql, up, url } = project

describe('the Order service alone, in Compose', { timeout: 15 * 60_000 }, () => {
  const programs = ['catalogue', 'provider']
  const folder = mkdtempSync(join(tmpdir(), 'standalone-'))

  before(async () => {
    await show('docker', composeArgs('build'))
    await up()
    for (const [file, text] of standalonePrograms()) writeFileSync(join(folder, file), text, { mode: 0o644 })
    // the image of the service has Node; oidc-provider comes from the machine
    const modules = join(import.meta.dirname, '../../node_modules')
    for (const program of programs)
      await docker(
        ...['run', '--detach', '--name', `${name}-${program}`, '--network', `${name}_services`],
        ...['--network-alias', program, '--publish', '127.0.0.1::4000', '--env', 'HOST=0.0.0.0'],
        ...['--env', 'ISSUER=http://provider:4000', '--volume', `${modules}:/node_modules:ro`],
        ...['--volume', `${join(folder, `${program}.mjs`)}:/standalone/${program}.mjs:ro`],
        ...['order-stack/order:local', `/standalone/${program}.mjs`],
      )
    const isAnswered = () => tokenOf('till').then(Boolean, () => false)
    await until(isAnswered, { everyMs: 300, what: 'the provider gives a token' })
  })

  after(async () => {
    await docker('rm', '--force', ...programs.map((program) => `${name}-${program}`))
    await show('docker', composeArgs('down', '--volumes', '--remove-orphans'))
    rmSync(folder, { recursive: true })
    assert.deepEqual([await containers(), await project.volumes()], [[], ''])
  })

  async function tokenOf(program: string): Promise<string> {
    const provider = `http://${await docker('port', `${name}-provider`, '4000')}`
    const response = await fetch(`${provider}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${program}:${program}-secret`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    return ((await response.json()) as { access_token: string }).access_token
  }

  test('a first order makes the rows of its user and its product, and an operator sees it', async () => {
    const placed = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await tokenOf('till')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ productId: '6f0c2f9e-8f0b-4d39-9a44-0f6a3c1d7b02', quantity: 2 }),
    })
    const order = (await placed.json()) as { id: string; userId: string }
    assert.equal(placed.status, 201, JSON.stringify(order))
    assert.partialDeepStrictEqual(order, { productName: 'Desk lamp', totalAmount: 15900 })
    assert.equal(await sql('SELECT id, email, name, password_hash FROM users'), `${order.userId}|||`)
    assert.equal(await sql('SELECT name FROM products'), 'Desk lamp')

    const headers = { authorization: `Bearer ${await tokenOf('office')}` }
    const listed: unknown = await (await fetch(`${url}/admin/orders`, { headers })).json()
    assert.partialDeepStrictEqual(listed, {
      data: [{ id: order.id, customer: null }],
      meta: { customers: 'unavailable' },
    })
  })

  test('only the Order service is published, on loopback, and there are roles for no other', async () => {
    for (const service of ['postgres', 'migrate', 'order']) {
      const [container] = await inspect(await containers(service))
      const published = Object.values(container?.HostConfig.PortBindings ?? {}).flat()
      assert.deepEqual(
        published.map(({ HostIp }) => HostIp),
        service === 'order' ? ['127.0.0.1'] : [],
        service,
      )
      assert.equal(container?.HostConfig.ReadonlyRootfs, true, service)
    }
    assert.equal(await sql(`SELECT rolname FROM pg_roles WHERE rolname ~ '_service$'`), 'order_service')
  })

  test('a setting that is missing is named before anything starts', async () => {
    const missing = await createProject({}, { variant: 'standalone' })
    missing.configure({ POSTGRES_PASSWORD: 'x', ORDER_SERVICE_DB_PASSWORD: 'x' })
    await assert.rejects(missing.compose('config'), /AUTH_ISSUER/)
    assert.match(await compose('config'), /http:\/\/provider:4000/)
  })
})
