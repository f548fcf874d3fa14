import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  numbersOf,
  openDesk,
  openList,
  rows,
  untilFocused,
  untilTrue,
  useBrowser,
  withoutChromium,
} from './kit.ts'
import { act, anyShopper, paidOrders, place } from './orders.ts'

describe('finding orders', { skip: withoutChromium }, () => {
  useBrowser()

  test('one field finds by number, its beginning, tracking number, id and email, from anywhere', async (t) => {
    const [paid] = await paidOrders(1)
    assert.ok(paid)
    const trackingNumber = `TR${paid.number}`
    await act(paid, 'ship', { carrier: 'Parcel Post', trackingNumber })
    const { email } = await anyShopper()
    const { page } = await openDesk(t)
    await page.goto('/desk/preferences')
    const field = page.getByRole('searchbox')
    for (const [text, isAlone] of [
      [paid.number.toLowerCase(), true],
      [paid.number.replace('-', ''), true],
      [paid.number.slice(0, 7), false],
      [trackingNumber, true],
      [paid.id, true],
      [email.toUpperCase(), false],
    ] as const) {
      await page.locator('h1').click()
      await page.keyboard.press('/')
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: paid.number }).waitFor()
      assert.equal(new URL(page.url()).searchParams.get('q'), text)
      if (isAlone) assert.deepEqual(await numbersOf(page), [paid.number], text)
    }
    await field.fill('nothing-like-this')
    await field.press('Enter')
    await page.getByText('No order has this number').waitFor()
  })

  test('filters are in the address, work together, and are taken away one by one', async (t) => {
    const { email } = await anyShopper()
    const order = await place()
    const { page } = await openDesk(t)
    await openList(page)
    await page.getByText('Filters', { exact: true }).click()
    await page.getByLabel('Pending').check()
    await page.getByLabel('Customer’s email').fill(email)
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.waitForURL(/status=pending/)
    await page.getByRole('link', { name: order.number }).waitFor()
    assert.equal(new URL(page.url()).search, `?status=pending&email=${encodeURIComponent(email)}`)
    for (const status of await rows(page).locator('.state-of').allTextContents())
      assert.equal(status, 'Pending')
    await page.getByRole('link', { name: 'Remove filter: Pending' }).click()
    await page.waitForURL((url) => !url.search.includes('status'))
    await page.getByRole('link', { name: 'To ship' }).click()
    await page.waitForURL(/status=paid$/)
    await page.goBack()
    await page.waitForURL((url) => url.search === `?email=${encodeURIComponent(email)}`)
  })

  test('a late first answer never replaces a newer one', async (t) => {
    const { page } = await openDesk(t)
    await openList(page)
    const slow = Promise.withResolvers<void>()
    await page.route(/\/admin\/orders\?.*status=paid/, async (route) => {
      await slow.promise
      await route.continue().catch(() => {})
    })
    await page.getByRole('link', { name: 'To ship' }).click()
    await page.locator('.skeleton').waitFor()
    await page.getByRole('link', { name: 'Paid after cancellation' }).click()
    await rows(page).first().waitFor()
    const before = await numbersOf(page)
    slow.resolve()
    await page.waitForTimeout(500)
    assert.deepEqual(await numbersOf(page), before)
    for (const status of await rows(page).locator('.state-of').allTextContents())
      assert.match(status, /^Cancelled/)
  })

  test('rows are links, and Back restores filters, scroll and focus without asking again', async (t) => {
    await paidOrders(12)
    const { page } = await openDesk(t, { viewport: { width: 1280, height: 500 } })
    await openList(page, '?status=paid')
    const link = rows(page).nth(9).locator('a.cover')
    const number = await link.textContent()
    assert.match((await link.getAttribute('href')) ?? '', /^\/desk\/orders\/[0-9a-f-]{36}\?status=paid$/)
    await link.scrollIntoViewIfNeeded()
    const scrolled = Number(await page.evaluate('scrollY'))
    assert.ok(scrolled > 100)
    // anywhere in the row
    await rows(page).nth(9).locator('.who').click({ force: true })
    await page.locator('.history li').first().waitFor()
    assert.equal(await page.locator('h1').textContent(), `Order ${number}`)
    assert.equal(await page.evaluate('scrollY'), 0)
    await page.goBack()
    await rows(page).first().waitFor()
    await untilTrue(page, `Math.abs(scrollY - ${scrolled}) < 2`)
    await untilFocused(page, number)
    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      rows(page)
        .nth(8)
        .locator('.who')
        .click({ modifiers: ['Control'], force: true }),
    ])
    await tab.locator('.history li').first().waitFor()
    await tab.close()
  })

  test('new orders wait in a pill, and nothing moves until it is pressed', async (t) => {
    const { page } = await openDesk(t)
    await page.clock.install()
    await openList(page)
    const before = await numbersOf(page)
    const order = await place()
    await page.clock.runFor(16_000)
    const pill = page.getByRole('button', { name: /: show$/ })
    await pill.waitFor()
    assert.deepEqual(await numbersOf(page), before)
    await pill.click()
    await rows(page).first().locator('a.cover', { hasText: order.number }).waitFor()
    await act(order, 'pay', { reference: 'pi' })
    await page.clock.runFor(16_000)
    await rows(page).first().getByText('Paid').waitFor()
    assert.equal(await pill.count(), 0)
  })

  test('more than a page is read on by links, and the keys j, k, x and Enter move', async (t) => {
    const { email } = await anyShopper()
    for (let i = 0; i < 40; i++) await place()
    const { page } = await openDesk(t)
    await openList(page, `?email=${encodeURIComponent(email)}`)
    assert.equal(await rows(page).count(), 50)
    const first = await numbersOf(page)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await untilFocused(page, first[1])
    await page.keyboard.press('x')
    await page.getByText('1 selected').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.history li').first().waitFor()
    await page.getByRole('link', { name: 'Next order' }).click()
    await page.getByRole('heading', { name: first[2] ?? '' }).waitFor()
    await page.keyboard.press('k')
    await page.getByRole('heading', { name: first[1] ?? '' }).waitFor()
    await page.goBack()
    await page.goBack()
    await page.goBack()
    await page.getByRole('link', { name: 'Older' }).click()
    await page.waitForURL(/cursor=/)
    await rows(page).first().waitFor()
    const second = await numbersOf(page)
    assert.ok(second.length > 0)
    assert.deepEqual(
      second.filter((number) => first.includes(number)),
      [],
    )
    await page.getByRole('link', { name: 'Newest' }).click()
    await page.waitForURL((url) => !url.search.includes('cursor'))
  })

  test('an error says what to do, and a retry goes on', async (t) => {
    const { page } = await openDesk(t)
    let isBroken = true
    await page.route(/\/admin\/orders\?/, (route) => (isBroken ? route.abort() : route.continue()))
    await page.goto('/desk/orders')
    await page.getByText('The shop does not answer.').waitFor()
    isBroken = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await rows(page).first().waitFor()
    await page.context().setOffline(true)
    await page.getByText('You are offline.').waitFor()
    await page.context().setOffline(false)
    await page.getByText('You are offline.').waitFor({ state: 'detached' })
  })
})
