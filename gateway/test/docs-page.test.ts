import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createLogger } from '@shop/service/logger'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { chromium } from 'playwright-core'
import { buildGateway } from '../src/gateway.ts'

const executablePath = '/usr/bin/chromium'
const missing = !existsSync(executablePath) && 'chromium is not installed here'

/** Answers a login with a token, and everything else with what the request said of itself. */
const service = createServer(({ url, headers }, response) => {
  const { authorization = null, 'idempotency-key': key = null } = headers
  response.setHeader('content-type', 'application/json')
  response.end(
    JSON.stringify(url === '/users/login' ? { accessToken: 'a-token' } : { authorization, key, url }),
  )
})

test('the page is used on a phone: log in, reload, place an order', { skip: missing }, async (t) => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => void service.close())
  const origin = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const gateway = buildGateway({
    upstreams: { user: origin, product: origin, order: origin, relay: origin },
    logger: createLogger({ name: 'gateway', level: 'silent' }),
    operatorsDoor: 'open',
  })
  cleanUp(t, () => gateway.close())
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  cleanUp(t, () => browser.close())
  const page = await browser.newPage({
    viewport: { width: 360, height: 740 },
    isMobile: true,
    hasTouch: true,
  })
  const faults: string[] = []
  page.on('request', (request) => {
    if (!/^data:/.test(request.url()) && !request.url().startsWith(url)) faults.push(request.url())
  })
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(String(error)))

  /** Runs an operation as it is prefilled. Returns its answer. */
  async function execute(tag: string, operationId: string) {
    await page.locator(`#operations-tag-${tag}`).click()
    const operation = page.locator(`#operations-${tag}-${operationId}`)
    await operation.locator('.opblock-summary-control').click()
    const answer = page.waitForResponse((response) => response.request().method() === 'POST')
    await operation.locator('.execute').click()
    return (await answer).json()
  }

  await page.goto(`${url}/docs`)
  await page.locator('.info').getByText('Getting a token').first().waitFor()
  await execute('sessions', 'login')
  const state = page.locator('#token-state')
  await state.getByText('An access token is sent').waitFor()
  await page.reload()
  await state.getByText('An access token is sent').waitFor()
  const order = await execute('orders', 'placeOrder')
  assert.deepEqual(order, { authorization: 'Bearer a-token', key: null, url: '/orders' })
  assert.equal(await page.evaluate('localStorage.length'), 0)
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)

  await state.getByRole('button').click()
  await state.getByText('No access token').waitFor()
  assert.equal(await page.evaluate('sessionStorage.length'), 0)
  assert.deepEqual(faults, [])
})
