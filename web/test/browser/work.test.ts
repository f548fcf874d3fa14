import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { logInByDialog, numbersOf, openDesk, openList, rows, useBrowser, withoutChromium } from './kit.ts'
import { act, paidOrders, place, read } from './orders.ts'

const dialog = (page: Page) => page.locator('dialog[open]:not(.login)')
const openVerb = (page: Page, name: string) =>
  page.getByRole('group', { name: 'Actions' }).getByRole('button', { name }).click()
const confirm = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true }).click()
const openOrder = async (page: Page, { id }: { id: string }) => {
  await page.goto(`/desk/orders/${id}`)
  await page.locator('.history li').first().waitFor()
}
const address = {
  name: 'Wanda',
  line1: '1 Example Street',
  city: 'Exampletown',
  postalCode: '12345',
  country: 'DE',
}

describe('working on an order', { skip: withoutChromium }, () => {
  useBrowser()

  test("an operator's day: search, pay, ship, correct, deliver, take back, refund in part, note", async (t) => {
    const order = await place({ shippingAddress: address })
    const { page } = await openDesk(t)
    await openList(page, `?q=${order.number}`)
    await rows(page).locator('a.cover').first().click()
    await page.locator('.history li').first().waitFor()
    const actions = page.getByRole('group', { name: 'Actions' }).getByRole('button')
    assert.deepEqual(await actions.allTextContents(), [
      'Record payment',
      'Change address',
      'Add note',
      'Cancel order',
    ])

    await openVerb(page, 'Record payment')
    await confirm(page, 'Record payment')
    await dialog(page).getByText('This is required.').waitFor()
    await dialog(page).getByLabel('Reference of the payment provider').fill('pi-day')
    await confirm(page, 'Record payment')
    await page.getByText('Recorded: Record payment.').waitFor()

    await openVerb(page, 'Change address')
    assert.equal(await dialog(page).getByLabel('City').inputValue(), 'Exampletown')
    await dialog(page).getByLabel('City').fill('Sampleford')
    await dialog(page).getByLabel('Country').fill('g')
    await confirm(page, 'Change address')
    await dialog(page).getByText('Two letters, such as DE.').waitFor()
    await dialog(page).getByLabel('Country').fill('gb')
    await confirm(page, 'Change address')
    await page.locator('.facts').getByText('Sampleford').waitFor()

    await openVerb(page, 'Ship')
    await dialog(page).getByLabel('Carrier').fill('Parcel Post')
    await dialog(page).getByLabel('Tracking number').fill('PP1')
    await confirm(page, 'Ship')
    await page.locator('.facts').getByText('PP1', { exact: true }).waitFor()

    await openVerb(page, 'Correct tracking')
    await dialog(page).getByLabel('Tracking number').fill('PP2')
    await dialog(page).getByLabel('Tracking link').fill('javascript:alert(1)')
    await confirm(page, 'Correct tracking')
    await dialog(page).getByText('A link begins with https:// or http://.').waitFor()
    await dialog(page).getByLabel('Tracking link').fill('https://parcels.example.com/PP2')
    await confirm(page, 'Correct tracking')
    await page.getByRole('link', { name: 'PP2' }).waitFor()
    assert.equal(
      await page.getByRole('link', { name: 'PP2' }).getAttribute('href'),
      'https://parcels.example.com/PP2',
    )

    await openVerb(page, 'Mark as delivered')
    await confirm(page, 'Mark as delivered')
    await page.locator('.order .head').getByText('Delivered').waitFor()
    await openVerb(page, 'Take back')
    await dialog(page).getByLabel('Reason').fill('Wrong order')
    await confirm(page, 'Take back')
    await page.locator('.order .head').getByText('Shipped').waitFor()

    await openVerb(page, 'Refund')
    const amount = dialog(page).getByLabel(`Amount in ${order.currency}`)
    await amount.fill('999999999')
    await dialog(page).getByLabel('Reason').fill('Broken')
    await confirm(page, 'Refund')
    await dialog(page).getByText('An amount from').waitFor()
    await amount.fill('1')
    await confirm(page, 'Refund')
    await page.locator('.items').getByText('Left').waitFor()

    await openVerb(page, 'Add note')
    await dialog(page).getByLabel('Note').fill('Called.\nCalls again.')
    await confirm(page, 'Add note')
    await page.locator('.history').getByText('Called.').waitFor()

    const after = await read(order)
    assert.deepEqual([after.status, after.version], ['shipped', 9])
    assert.ok(after.refundedAmount > 0 && after.refundedAmount < after.totalAmount)
    assert.equal(after.shippingAddress.country, 'GB')
    await page.getByRole('link', { name: 'Orders', exact: true }).last().click()
    await rows(page).first().getByText('Shipped').waitFor()
    assert.deepEqual(await numbersOf(page), [order.number])
  })

  test('two operators in conflict: the second sees who did what, and keeps what was typed', async (t) => {
    const [order] = await paidOrders(1)
    assert.ok(order)
    const { page } = await openDesk(t)
    await openOrder(page, order)
    await openVerb(page, 'Ship')
    await dialog(page).getByLabel('Carrier').fill('Parcel Post')
    await dialog(page).getByLabel('Tracking number').fill('PP3')
    await act(order, 'note', { note: 'Wait for the letter' })
    // the page has loaded the order again, but the form was opened before
    await page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    await page.locator('.history').getByText('Wait for the letter').waitFor()
    await confirm(page, 'Ship')
    await dialog(page)
      .getByText(/^Meanwhile: Note by Admin Example, .*now: Paid\.$/)
      .waitFor()
    await dialog(page).getByText('Nothing was recorded yet.').waitFor()
    assert.equal(await dialog(page).getByLabel('Tracking number').inputValue(), 'PP3')
    assert.equal((await read(order)).status, 'paid')
    await confirm(page, 'Ship')
    await page.locator('.facts').getByText('PP3').waitFor()

    await openVerb(page, 'Mark as delivered')
    await act(order, 'revert', { reason: 'Wrong parcel' })
    await confirm(page, 'Mark as delivered')
    await dialog(page)
      .getByText(/^Meanwhile: Taken back by/)
      .waitFor()
    await dialog(page).getByText('This can no longer be done to this order.').waitFor()
    assert.ok(await dialog(page).getByRole('button', { name: 'Mark as delivered', exact: true }).isDisabled())
  })

  test('a lost answer is asked for again with the same key, and recorded once', async (t) => {
    const [order] = await paidOrders(1)
    assert.ok(order)
    const { page } = await openDesk(t)
    await openOrder(page, order)
    const keys: (string | null)[] = []
    let isLost = true
    await page.route(/\/refund$/, async (route) => {
      keys.push(await route.request().headerValue('idempotency-key'))
      if (!isLost) return route.continue()
      await route.fetch()
      await route.abort()
    })
    await openVerb(page, 'Refund')
    await dialog(page).getByLabel('Amount').fill('1')
    await dialog(page).getByLabel('Reason').fill('Broken')
    await confirm(page, 'Refund')
    await dialog(page).getByText('No answer came').waitFor()
    isLost = false
    await dialog(page).getByLabel('Amount').fill('2')
    await confirm(page, 'Refund')
    await dialog(page).getByText('An earlier attempt of this form was recorded.').waitFor()
    assert.ok(await dialog(page).getByRole('button', { name: 'Refund', exact: true }).isDisabled())
    await dialog(page).getByRole('button', { name: 'Close' }).last().click()
    assert.equal(keys.length, 4)
    assert.equal(new Set(keys).size, 1)
    const { history } = await read(order)
    assert.equal(history.filter(({ type }: { type: string }) => type === 'refunded').length, 1)
  })

  test('a session that ends in the middle of a form: log in over the page, and go on with the same key', async (t) => {
    const [order] = await paidOrders(1)
    assert.ok(order)
    const { page, context } = await openDesk(t)
    await openOrder(page, order)
    const keys: (string | null)[] = []
    await page.route(/\/ship$/, async (route) => {
      keys.push(await route.request().headerValue('idempotency-key'))
      if (keys.length > 1) return route.continue()
      const body = {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: 'No.',
        code: 'invalid_token',
      }
      await route.fulfill({ status: 401, json: body, contentType: 'application/problem+json' })
    })
    await openVerb(page, 'Ship')
    await dialog(page).getByLabel('Carrier').fill('Parcel Post')
    await dialog(page).getByLabel('Tracking number').fill('PP4')
    await context.clearCookies()
    await confirm(page, 'Ship')
    await page.getByText('Your session has ended.').waitFor()
    await logInByDialog(page, 'admin@example.com', 'wrong')
    await page.getByText('Wrong email or password.').waitFor()
    await logInByDialog(page)
    await page.locator('.facts').getByText('PP4').waitFor()
    assert.equal(keys.length, 2)
    assert.equal(new Set(keys).size, 1)
    assert.equal((await read(order)).shipment.trackingNumber, 'PP4')
  })

  test('hostile texts are shown, and never executed', async (t) => {
    const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>\u202Egnp.exe'
    const order = await place({
      shippingAddress: { ...address, name: hostile, line1: `"><svg onload=alert(3)>`, line2: '{{7*7}}' },
      metadata: { 'a"><script>alert(4)</script>': hostile },
    })
    await act(order, 'note', { note: `${hostile}\n[x](javascript:alert(5))` })
    const { page } = await openDesk(t)
    await openOrder(page, order)
    assert.equal(await page.locator('.facts address bdi').first().textContent(), hostile)
    assert.match((await page.locator('.history').textContent()) ?? '', /<script>alert\(2\)<\/script>/)
    assert.equal(await page.locator('main img, main script, main svg').count(), 0)
    await page.goto(`/desk/orders?q=${encodeURIComponent(hostile)}`)
    await page.locator('.state bdi').getByText(hostile).waitFor()
  })

  test('the packing slip is all that is printed: items and address, no prices and notes', async (t) => {
    const order = await place({ shippingAddress: address })
    await act(order, 'note', { note: 'secret note' })
    const { page } = await openDesk(t)
    await openOrder(page, order)
    await page.emulateMedia({ media: 'print' })
    const printed = await page.locator('body').innerText()
    for (const text of [order.number, 'Wanda', '1 Example Street', 'Packing slip'])
      assert.ok(printed.includes(text), text)
    assert.doesNotMatch(printed, /secret note|€|\$|¥|Refund|Log out/)
  })

  test('an order that is not there says so, and leads on', async (t) => {
    const { page } = await openDesk(t)
    await page.goto('/desk/orders/0190a000-0000-7000-8000-00000000dead')
    await page.getByText('There is no such order.').waitFor()
    await page.goto('/desk/nowhere')
    await page.getByText('There is nothing here.').waitFor()
    await page.getByRole('link', { name: 'To the orders' }).click()
    await rows(page).first().waitFor()
  })
})
