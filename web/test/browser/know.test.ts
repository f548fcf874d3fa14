import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { choosePreference, openDesk, useBrowser, withoutChromium } from './kit.ts'
import { act, paidOrders, place } from './orders.ts'

describe('knowing the shop', { skip: withoutChromium }, () => {
  useBrowser()

  test('the last 30 days as plots, by currency, and as a table of the same', async (t) => {
    await paidOrders(1)
    const { page } = await openDesk(t)
    await page.goto('/desk/figures')
    const plots = page.locator('.plots section')
    await plots.first().waitFor()
    await page.getByText('Days in Europe/Berlin').waitFor()
    const titles = await page.locator('.plots h2').allTextContents()
    assert.equal(titles[0], 'Orders placed')
    assert.ok(titles.includes('Money in EUR'), titles.join())
    assert.equal(await plots.first().locator('rect.main').count(), 30)
    const sum = (await plots.first().locator('.total').textContent()) ?? ''
    await page.getByRole('button', { name: 'Show as table' }).click()
    const counts = await page.locator('.days tbody tr td:nth-child(2)').allTextContents()
    assert.equal(counts.length, 30)
    assert.equal(sum, `${counts.reduce((total, count) => total + Number(count), 0)} orders`)
  })

  test('days are those of the time zone of the shop, also when its clocks change', async (t) => {
    const { page } = await openDesk(t, { timezoneId: 'UTC' })
    // in Auckland, clocks go forward on the 27th
    await page.clock.setFixedTime(new Date('2026-09-27T10:30:00Z'))
    await page.goto('/desk/preferences')
    await choosePreference(page, 'Time zone of the shop', 'Pacific/Auckland')
    const [request] = await Promise.all([
      page.waitForRequest(/\/admin\/stats/),
      page.getByRole('link', { name: 'Figures' }).click(),
    ])
    const { searchParams } = new URL(request.url())
    assert.deepEqual(Object.fromEntries(searchParams), {
      from: '2026-08-29',
      to: '2026-09-27',
      tz: 'Pacific/Auckland',
    })
    await page.getByText('As of').waitFor()
    const [listed] = await Promise.all([
      page.waitForRequest(/\/admin\/orders\?.*createdFrom/),
      page.goto('/desk/orders?from=2026-09-27&to=2026-09-27'),
    ])
    const query = new URL(listed.url()).searchParams
    assert.equal(query.get('createdFrom'), '2026-09-26T12:00:00.000Z')
    assert.equal(query.get('createdTo'), '2026-09-27T11:00:00.000Z')
  })

  test('a webhook: create, see the secret once, ping, failed deliveries, redeliver, off, delete', async (t) => {
    let status = 200
    const received: string[] = []
    const receiver = createServer((request, response) => {
      received.push(request.headers['webhook-id'] as string)
      request.resume()
      response.writeHead(status).end('<b>no</b>')
    })
    await once(receiver.listen(0, '127.0.0.1'), 'listening')
    t.after(() => receiver.close())
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
    const { page } = await openDesk(t)
    await page.goto('/desk/webhooks')
    await page.getByRole('button', { name: 'New webhook' }).click()
    const dialog = page.locator('dialog[open]')
    await dialog.getByLabel('Address that receives events').fill('http://10.0.0.1/hook')
    await dialog.getByRole('button', { name: 'Create webhook' }).click()
    await dialog.locator('.problem').filter({ hasText: /\w/ }).waitFor()
    await dialog.getByLabel('Address that receives events').fill(url)
    await dialog.getByLabel('Description').fill('Accounting')
    await dialog.getByLabel('All events').uncheck()
    await dialog.getByLabel('Note').check()
    await dialog.getByRole('button', { name: 'Create webhook' }).click()
    assert.match(await dialog.getByLabel('Secret').inputValue(), /^whsec_/)
    await dialog.getByRole('button', { name: 'Close' }).last().click()

    await page.getByRole('link', { name: url }).click()
    await page.getByRole('button', { name: 'Send a test message' }).click()
    await page.getByText(/^The receiver answered 200 after/).waitFor()
    status = 500
    await act(await place(), 'note', { note: 'for the webhook' })
    await page.getByText('Everything was delivered').waitFor()
    for (let i = 0; i < 40 && (await page.locator('.deliveries li').count()) === 0; i++) {
      await page.waitForTimeout(250)
      await page.reload()
      await page.locator('.deliveries li, .deliveries .state').first().waitFor()
    }
    const delivery = page.locator('.deliveries li').first()
    assert.match((await delivery.textContent()) ?? '', /Waiting.*noted.*500/)
    assert.equal(await delivery.locator('pre').textContent(), '<b>no</b>')
    status = 200
    const before = received.length
    await delivery.getByRole('button', { name: 'Send again' }).click()
    await delivery.getByText('Will be sent again').waitFor()
    for (let i = 0; i < 40 && received.length === before; i++) await page.waitForTimeout(250)
    assert.ok(received.length > before)

    await page.getByRole('button', { name: 'Switch off' }).click()
    await page.getByRole('button', { name: 'Switch on' }).waitFor()
    await page.getByRole('button', { name: 'New secret' }).click()
    await page.locator('dialog[open]').getByRole('button', { name: 'New secret' }).click()
    assert.match(await page.getByLabel('Secret', { exact: true }).inputValue(), /^whsec_/)
    await page.locator('dialog[open]').getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.locator('dialog[open]').getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL(/\/desk\/webhooks$/)
    await page.getByRole('link', { name: url }).waitFor({ state: 'detached' })
  })
})
