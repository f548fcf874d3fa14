import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openDesk, openList, rows, useBrowser, withoutChromium } from './kit.ts'
import { act, paidOrders, place, read } from './orders.ts'

const dialog = (page: Page) => page.locator('dialog[open]')
const results = (page: Page) => dialog(page).locator('.results tr')

describe('many orders at once', { skip: withoutChromium }, () => {
  useBrowser()

  test('50 are shipped with pasted tracking numbers, five at a time; three fail, two of them can be retried', async (t) => {
    const orders = (await paidOrders(50)).reverse()
    const { page } = await openDesk(t)
    await openList(page, '?status=paid')
    let running = 0
    let most = 0
    await page.route(/\/ship$/, async (route) => {
      most = Math.max(most, ++running)
      const response = await route.fetch()
      running--
      await route.fulfill({ response })
    })
    await page.getByLabel('Select all orders on this page').check()
    await page.getByText('50 selected').waitFor()
    const placeOf = () => rows(page).nth(1).locator('.state-of').boundingBox()
    const before = await placeOf()
    await page.getByRole('button', { name: 'Ship…' }).click()
    // meanwhile, elsewhere
    const [first, second, third] = orders as [(typeof orders)[0], (typeof orders)[0], (typeof orders)[0]]
    await act(first, 'note', { note: 'Look at this' })
    await act(second, 'note', { note: 'And this' })
    await act(third, 'ship', { carrier: 'Other', trackingNumber: 'OTHER' })

    await dialog(page).getByLabel('Carrier').fill('Parcel Post')
    const sheet = orders.map(({ number }) => `${number.toLowerCase()}\tPP-${number}`).toReversed()
    await dialog(page)
      .getByLabel('Tracking numbers, pasted from a sheet')
      .fill(`${sheet.join('\r\n')}\r\nXXXXX-XXXXX\tPP\r\n`)
    await dialog(page).getByText('1 line matches no selected order.').waitFor()
    await dialog(page).getByRole('button', { name: 'Ship 50' }).click()
    await dialog(page).getByText('47 done, 3 failed').waitFor({ timeout: 30_000 })
    assert.ok(most > 1 && most <= 5, `${most} at a time`)
    assert.match((await results(page).first().textContent()) ?? '', /Meanwhile: Note\. It is now: Paid\./)
    await dialog(page).getByRole('button', { name: 'Retry 2' }).click()
    await dialog(page).getByText('49 done, 1 failed').waitFor()
    assert.ok(await dialog(page).getByRole('button', { name: 'Retry 0' }).isDisabled())
    await dialog(page).getByRole('button', { name: 'Close' }).last().click()

    assert.equal((await read(first)).shipment.trackingNumber, `PP-${first.number}`)
    assert.equal((await read(third)).shipment.trackingNumber, 'OTHER')
    assert.match((await rows(page).first().textContent()) ?? '', /Shipped/)
    await page.getByRole('button', { name: 'Select none' }).click()
    await page.getByText('Customer', { exact: true }).waitFor()
    assert.deepEqual(await placeOf(), before)
  })

  test('shipped ones are marked as delivered, others are left out', async (t) => {
    const [shipped] = await paidOrders(1)
    assert.ok(shipped)
    await act(shipped, 'ship', { carrier: 'Parcel Post', trackingNumber: `D-${shipped.number}` })
    const pending = await place()
    const { page } = await openDesk(t)
    await openList(page)
    for (const { number } of [shipped, pending]) await page.getByLabel(`Select order ${number}`).check()
    await page.getByRole('button', { name: 'Mark as delivered…' }).click()
    await dialog(page).getByText('Is Pending: not possible').waitFor()
    await dialog(page).getByRole('button', { name: 'Mark 1 as delivered' }).click()
    await dialog(page).getByText('1 done, 0 failed').waitFor()
    assert.equal((await read(shipped)).status, 'delivered')
    assert.equal((await read(pending)).status, 'pending')
  })

  test('what is filtered is exported from a one-use address', async (t) => {
    const [order] = await paidOrders(1)
    assert.ok(order)
    const { page } = await openDesk(t)
    await openList(page, '?status=paid')
    await page.getByText('Export', { exact: true }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ])
    const text = await readFile(await download.path(), 'utf8')
    assert.ok(text.includes(order.number))
    assert.doesNotMatch(text, /,pending,/)
    await openList(page, '?late=true')
    await page.getByText('Export', { exact: true }).click()
    await page.getByText('A search and late payments cannot be exported.').waitFor()
  })
})
