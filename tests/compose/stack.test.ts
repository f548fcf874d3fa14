import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { anyProduct, assertProblem, call, logInAsAdmin, newShopper } from '../e2e/shop-client.ts'
import { insertLargeOrders, openExport, readExport } from '../kit/export-reader.ts'
import { createProject } from './compose.ts'
import { startTraffic } from './traffic.ts'

// with characters that are special in a URL, as in a generated password
const project = await createProject({
  SEED: 'true',
  POSTGRES_PASSWORD: 'owner@/:?#%1',
  USER_SERVICE_DB_PASSWORD: 'user@/:?#%2',
  PRODUCT_SERVICE_DB_PASSWORD: 'product@/:?#%3',
  ORDER_SERVICE_DB_PASSWORD: "order@/:?#%4'",
  RELAY_SERVICE_DB_PASSWORD: 'relay@/:?#%5',
})
const { compose, composeArgs, configure, containers, docker, inspect, show, sql, untilHealthy, up } = project
const services = ['user', 'product', 'order', 'relay', 'gateway', 'migrate', 'postgres']

describe('the Compose stack', { timeout: 40 * 60_000 }, () => {
  after(async () => {
    await show('docker', composeArgs('down', '--volumes', '--remove-orphans'))
    assert.deepEqual([await containers(), await project.volumes()], [[], ''])
  })

  before(async () => {
    process.env.E2E_BASE_URL = project.url
    await show('docker', composeArgs('build'))
    await up()
  })

  test('nginx accepts the configuration of the gateway', async () => {
    await show('docker', composeArgs('run', '--rm', '--no-deps', 'gateway', '-t'))
  })

  test('containers have no more rights than they need, and only the gateway is published, on loopback', async () => {
    for (const service of services) {
      const [container] = await inspect(await containers(service))
      assert.ok(container, service)
      const { Config, HostConfig } = container
      assert.match(Config.User, /^(?:node|nginx|postgres)$/, service)
      assert.equal(HostConfig.ReadonlyRootfs, true, service)
      assert.deepEqual(HostConfig.CapDrop, ['ALL'], service)
      assert.deepEqual(HostConfig.SecurityOpt, ['no-new-privileges:true'], service)
      assert.ok(HostConfig.Memory > 0 && HostConfig.Init, service)
      const published = Object.values(HostConfig.PortBindings ?? {}).flat()
      assert.deepEqual(
        published.map(({ HostIp }) => HostIp),
        service === 'gateway' ? ['127.0.0.1'] : [],
        service,
      )
    }
  })

  test('images contain what their service needs in production, and nothing else', async () => {
    for (const service of ['user', 'product', 'order', 'relay']) {
      const folders = ['/app', '/app/services', '/app/node_modules', '.']
      const files = await compose('exec', '-T', service, 'ls', '-a', ...folders)
      assert.match(files, /\bfastify\b/)
      assert.doesNotMatch(files, /typescript|biome|node-linux|embedded|fast-check|\.env|\btest\b|\be2e\b/)
      assert.equal(await compose('exec', '-T', service, 'ls', '/app/services'), service)
    }
  })

  test('the end-to-end tests pass', async () => {
    await show('npm', ['run', 'test:e2e'])
  })

  test('a second up changes nothing', async () => {
    const running = async () => {
      const all = await inspect(await containers())
      // migrate runs again, and finds nothing to do
      return all.map(({ Id, Name, State }) => [Id, /migrate/.test(Name) || State.StartedAt])
    }
    const first = await running()
    await up()
    assert.deepEqual(await running(), first)
    assert.match(
      await compose('logs', '--no-color', 'migrate'),
      /migrations: nothing new[\s\S]*demo data: 0 new rows/,
    )
  })

  test('the demo passwords are refused unless it is a demo', async () => {
    const migrate = ['run', '--rm', '-T', '-e', 'SEED=false', '-e', 'PGPASSWORD=demo-only', 'migrate']
    await assert.rejects(compose(...migrate), /POSTGRES_PASSWORD must be set/)
  })

  test('a new signing key takes over immediately', async () => {
    const shopper = await newShopper('ken')
    const rotation = await compose('run', '--rm', '-T', 'rotate-keys', '--now')
    const added = /^added +(\S+):/m.exec(rotation)?.[1]
    const { body } = await call('/.well-known/jwks.json')
    const kids = body.keys.map(({ kid }: { kid: string }) => kid)
    assert.ok(added && kids.includes(added), `${rotation}\n${kids}`)
    assert.equal((await call('/orders', { token: shopper.token })).status, 200)
    assert.equal((await call('/orders', { token: (await newShopper('kim')).token })).status, 200)
  })

  test('with three replicas of order, the gateway finds them all', async () => {
    await up('--scale', 'order=3')
    const ids = await containers('order')
    assert.equal(ids.length, 3)
    const { token } = await newShopper('leo')
    const since = String(Math.floor(Date.now() / 1000))
    // it caches DNS answers for a second
    await setTimeout(1500)
    for (let i = 0; i < 60; i++) assert.equal((await call('/orders', { token })).status, 200)
    for (const id of ids) assert.match(await docker('logs', '--since', since, id), /"route":"\/orders"/)
  })

  test('restarting them one by one under traffic fails no request and duplicates none', async () => {
    const shopper = await newShopper('tom')
    const traffic = await startTraffic(shopper, { shoppers: 4 })
    for (const id of await containers('order')) {
      await setTimeout(1000)
      console.log(`restarting ${id.slice(0, 12)}`)
      await docker('restart', '-t', '30', id)
      await untilHealthy(id)
      assert.match(await docker('logs', id), /"msg":"draining"[\s\S]*"msg":"closed"/)
    }
    const { placed, read, failures, slowestMs } = await traffic.stop()
    console.log(
      `${placed.length} orders placed, ${read} lists read, ${failures.length} failures, slowest ${slowestMs} ms`,
    )
    assert.deepEqual(failures, [])
    assert.ok(placed.length > 100)
    const { body } = await call('/orders?limit=1', { token: shopper.token })
    assert.equal(body.meta.count, new Set(placed).size)
    assert.equal(body.meta.count, placed.length)
  })

  test('data survives down and up', async () => {
    const shopper = await newShopper('uma')
    const { id: productId } = await anyProduct()
    const { body: order } = await call('/orders', { token: shopper.token, json: { productId } })
    await show('docker', composeArgs('down'))
    await up()
    // the token also survives: the keys are in the database
    const fetched = await call(`/orders/${order.id}`, { token: shopper.token })
    assert.deepEqual(fetched.body, order)
  })

  test('a volume of the version before is upgraded with its orders, and the new tables can be used', async () => {
    const { token } = await newShopper('vera')
    const { id: productId } = await anyProduct()
    const { body: order } = await call('/orders', { token, json: { productId, quantity: 2 } })
    await compose('stop', 'order')
    const down = [
      'run',
      '--rm',
      '-T',
      '--no-deps',
      'migrate',
      'database/src/cli.ts',
      'down',
      'order',
      '--force',
    ]
    while ((await sql("SELECT to_regclass('order_items')")) !== '') await compose(...down)
    // the rights of its role were more
    await sql('GRANT UPDATE ON orders TO order_service')
    await up()

    const fetched = await call(`/orders/${order.id}`, { token })
    assert.deepEqual(fetched.body, order)
    const cancelled = await call(`/orders/${order.id}/cancel`, { token, json: {} })
    assert.equal(cancelled.status, 200, cancelled.text)
    assert.equal((await call(`/orders/${order.id}/history`, { token })).body.data.length, 2)
    const link = await call('/orders/export', { token, json: { format: 'ndjson' } })
    assert.deepEqual(JSON.parse((await call(link.body.url)).text).id, order.id)
    await show('npm', ['run', 'test:e2e'])
  })

  test('an export looks broken if its service is killed in the middle, and arrives complete otherwise', async () => {
    const count = 4000
    const shopper = await newShopper('zoe')
    await sql(insertLargeOrders(shopper.id, count))
    const [order = ''] = await containers('order')
    const response = await openExport(project.url, shopper.token)
    await docker('kill', order)
    const broken = await readExport(response)
    assert.equal(broken.isWhole, false)
    assert.ok(broken.orders > 0 && broken.orders < count, `${broken.orders} orders had arrived`)

    await docker('start', order)
    await untilHealthy(order)
    const whole = await readExport(await openExport(project.url, shopper.token))
    assert.deepEqual(whole, { isWhole: true, orders: count })
  })

  test("the operators' door can be closed and opened, and no other is", async () => {
    const admin = await logInAsAdmin()
    const { token } = await newShopper('yara')
    for (const [door, status] of [
      ['closed', 404],
      ['open', 200],
    ] as const) {
      configure({ OPERATORS_DOOR: door })
      await up('--no-deps', 'gateway')
      const answer = await call('/admin/orders', { token: admin })
      assert.equal(answer.status, status, answer.text)
      if (door === 'closed') assertProblem(answer, 404, 'route_not_found')
      assert.equal((await call('/orders', { token })).status, 200)
    }
  })

  test('password guessing is slowed down, other requests are not', async () => {
    // each for another account: the User service limits attempts per account
    const guess = (index: number) => ({
      json: { email: `guess-${index}@example.com`, password: 'not theirs' },
    })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => call('/users/login', guess(index))),
    )
    const refused = answers.filter(({ status }) => status === 429)
    assert.ok(refused.length >= 5 && refused.length < 25, `${refused.length} of 40 refused`)
    for (const answer of refused) {
      assertProblem(answer, 429, 'too_many_requests')
      assert.equal(answer.headers.get('retry-after'), '1')
    }
    assert.equal((await call('/products')).status, 200)
  })

  test('an unavailable service gives 502, and its neighbours answer', async () => {
    await compose('stop', 'product')
    await setTimeout(1500)
    assertProblem(await call('/products'), 502, 'bad_gateway')
    assertProblem(await call('/products', { json: {} }), 502, 'bad_gateway')
    assert.equal((await call('/.well-known/jwks.json')).status, 200)
    const [gateway] = await containers('gateway')
    const log = await docker('logs', String(gateway))
    for (const method of ['GET', 'POST'])
      assert.match(log, new RegExp(`"method":"${method}","path":"/products","status":502`))
  })
})
