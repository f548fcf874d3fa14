import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePorts, listen } from '@shop/commands/ports'
import { ConfigError } from '@shop/service/config'
import { readStackConfig } from '../src/config.ts'

test('free ports are accepted', async () => {
  const [gatewayPort, userPort, productPort, orderPort, relayPort] = await freePorts(5)
  const config = await readStackConfig({
    GATEWAY_PORT: String(gatewayPort),
    USER_PORT: String(userPort),
    PRODUCT_PORT: String(productPort),
    ORDER_PORT: String(orderPort),
    RELAY_PORT: String(relayPort),
  })
  assert.deepEqual(
    { ...config },
    { gatewayPort, userPort, productPort, orderPort, relayPort, operatorsDoor: 'open', logLevel: 'info' },
  )
})

test('all problems are reported together, each with the variable to change', async (t) => {
  const [free, relay] = await freePorts(2)
  const server = await listen(0)
  t.after(() => server.close())
  const { port: used } = server.address() as { port: number }

  const reading = readStackConfig({
    GATEWAY_PORT: '80a',
    USER_PORT: String(free),
    PRODUCT_PORT: String(free),
    ORDER_PORT: String(used),
    RELAY_PORT: String(relay),
    DATABASE_URL: 'mysql://localhost/shop',
    LOG_LEVEL: 'loud',
  })
  await assert.rejects(reading, (error) => {
    assert.ok(error instanceof ConfigError)
    const { problems } = error
    assert.match(
      problems.find((problem) => problem.startsWith('GATEWAY_PORT')) ?? '',
      /from 1 to 65535, not "80a"/,
    )
    assert.match(problems.find((problem) => problem.startsWith('LOG_LEVEL')) ?? '', /one of .*, not "loud"/)
    assert.match(problems.find((problem) => problem.startsWith('DATABASE_URL')) ?? '', /postgres:\/\//)
    assert.ok(problems.includes(`port ${free} is used twice; change USER_PORT or PRODUCT_PORT`))
    assert.ok(problems.includes(`port ${used} is in use; change ORDER_PORT`))
    assert.equal(problems.length, 5)
    return true
  })
})
