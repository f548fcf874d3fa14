import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { call } from '@shop/tests/e2e/shop-client'
import type { Page } from 'playwright-core'
import {
  choosePreference,
  openDesk,
  openList,
  rows,
  untilFocused,
  useBrowser,
  withoutChromium,
} from './kit.ts'
import { act, adminToken, anyShopper, paidOrders } from './orders.ts'

const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** Returns what axe finds, in words. */
async function violations(page: Page): Promise<string[]> {
  // page.evaluate is not held to the policy of the page
  await page.evaluate(axe)
  type Found = { id: string; nodes: { target: string[]; failureSummary: string }[] }
  const { violations: found } = (await page.evaluate('axe.run()')) as { violations: Found[] }
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
  )
}

/** Returns whether the page is wider than the window. */
const overflows = (page: Page) => page.evaluate('document.documentElement.scrollWidth > innerWidth')

type Opening = (page: Page) => Promise<unknown>

async function openings(): Promise<Record<string, Opening>> {
  const [order] = await paidOrders(1)
  assert.ok(order)
  await act(order, 'ship', {
    carrier: 'Parcel Post',
    trackingNumber: 'PP1',
    trackingUrl: 'https://example.com/PP1',
  })
  await act(order, 'refund', { reason: 'Broken', amount: 1 })
  const open = (path: string, ready: string) => async (page: Page) => {
    await page.goto(path)
    await page.locator(ready).first().waitFor()
  }
  const openOrder = open(`/desk/orders/${order.id}`, '.history li')
  return {
    home: open('/', 'h1'),
    list: open('/desk/orders', '.orders tbody tr'),
    filtered: open('/desk/orders?status=paid,shipped&from=2026-01-01', '.orders tbody tr'),
    nothing: open('/desk/orders?q=nothing-like-this', '.state'),
    selected: async (page) => {
      await open('/desk/orders', '.orders tbody tr')(page)
      await rows(page).first().locator('input').check()
    },
    bulk: async (page) => {
      await open('/desk/orders?status=paid', '.orders tbody tr')(page)
      await page.getByLabel('Select all').check()
      await page.getByRole('button', { name: 'Ship…' }).click()
    },
    order: openOrder,
    form: async (page) => {
      await openOrder(page)
      await page.getByRole('button', { name: 'Refund' }).click()
      await page.locator('dialog').getByRole('button', { name: 'Refund' }).click()
    },
    figures: open('/desk/figures', '.plots section'),
    table: async (page) => {
      await open('/desk/figures', '.plots section')(page)
      await page.getByRole('button', { name: 'Show as table' }).click()
    },
    webhooks: open('/desk/webhooks', '.state, .webhooks'),
    newWebhook: async (page) => {
      await open('/desk/webhooks', '.state, .webhooks')(page)
      await page.getByRole('button', { name: 'New webhook' }).click()
    },
    preferences: open('/desk/preferences', 'select'),
    unknown: open('/desk/nowhere', '.state'),
  }
}

const windows = {
  'a desktop, light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'a phone, dark': {
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
    hasTouch: true,
    isMobile: true,
  },
} as const

describe('everybody', { skip: withoutChromium }, () => {
  useBrowser()

  for (const [name, window] of Object.entries(windows)) {
    test(`axe finds nothing on any page, and no page is wider than the window: ${name}`, async (t) => {
      const { page } = await openDesk(t, window)
      for (const [what, open] of Object.entries(await openings())) {
        await open(page)
        assert.deepEqual(await violations(page), [], what)
        assert.equal(await overflows(page), false, what)
        if (what !== 'selected') continue
        // the bar of a selection stays within the row of the header
        const head = await page.locator('.orders thead tr').boundingBox()
        const button = await page.getByRole('button', { name: 'Ship…' }).boundingBox()
        assert.ok(head && button && head.height === 44)
        assert.ok(button.y >= head.y && button.y + button.height <= head.y + head.height)
      }
    })
  }

  test('the login is accessible too', async (t) => {
    const { page } = await openDesk(t, { isLoggedIn: false })
    await page.goto('/desk/orders')
    await page.locator('dialog.login').waitFor()
    assert.deepEqual(await violations(page), [])
  })

  test('from right to left, and at 2560 px, nothing overflows or gets lost', async (t) => {
    for (const viewport of [
      { width: 360, height: 740 },
      { width: 2560, height: 1440 },
    ]) {
      const { page } = await openDesk(t, { viewport })
      for (const [what, open] of Object.entries(await openings())) {
        await open(page)
        await page.evaluate("document.documentElement.dir = 'rtl'")
        assert.equal(await overflows(page), false, `${what} ${viewport.width}`)
        const left = await page.evaluate(
          "Math.min(...[...document.querySelectorAll('main h1, main td, main th')].map((e) => e.getBoundingClientRect()).filter((r) => r.width > 0).map((r) => r.left))",
        )
        assert.ok(Number(left) >= 0 || what === 'table', `${what} ${viewport.width}: ${left}`)
      }
    }
  })

  test('the page hardly moves while it loads: layout shift of at most 0.05', async (t) => {
    const { page } = await openDesk(t)
    await page.addInitScript(`
      globalThis.shift = 0
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value
      }).observe({ type: 'layout-shift', buffered: true })`)
    for (const [what, open] of Object.entries(await openings())) {
      if (
        what === 'selected' ||
        what === 'form' ||
        what === 'bulk' ||
        what === 'newWebhook' ||
        what === 'table'
      )
        continue
      await open(page)
      await page.waitForTimeout(300)
      const shift = Number(await page.evaluate('globalThis.shift'))
      assert.ok(shift <= 0.05, `${what}: ${shift}`)
    }
  })

  test('German, with the numbers, dates and plurals of Germany', async (t) => {
    const { page } = await openDesk(t, { locale: 'de-DE' })
    // an order of the demo data
    await openList(page, '?q=00000-0W009')
    assert.equal(await page.locator('html').getAttribute('lang'), 'de')
    await page.getByRole('heading', { name: 'Gefunden zu „00000-0W009“' }).waitFor()
    const row = rows(page).first()
    await row.locator('.amount bdi').filter({ hasText: '81,85\u00a0€' }).waitFor()
    assert.match((await row.locator('.what').textContent()) ?? '', /und 2 weitere$/)
    assert.match((await row.locator('time').textContent()) ?? '', /^(?:vor \d|gestern|heute|vorgestern)/)
    await page.goto('/')
    await page.getByText('Die Verwaltung').waitFor()
  })

  test('amounts have the decimals of the contract: JPY in Japan, KWD, HUF', async (t) => {
    const token = await adminToken()
    const { token: shopper } = await anyShopper()
    const expected: Record<string, RegExp> = { JPY: /^[￥¥]4,900$/, KWD: /4\.900/, HUF: /49\.00/ }
    const { page } = await openDesk(t, { locale: 'ja-JP' })
    for (const [currency, text] of Object.entries(expected)) {
      const product = await call('/products', {
        token,
        json: { name: `In ${currency}`, description: 'For a test', unitAmount: 4900, currency },
      })
      assert.equal(product.status, 201, product.text)
      const placed = await call('/orders', { token: shopper, json: { productId: product.body.id } })
      assert.equal(placed.status, 201, placed.text)
      await openList(page, `?q=${placed.body.number}`)
      await page.locator('.orders .amount bdi').filter({ hasText: /\d/ }).first().waitFor()
      assert.match((await rows(page).first().locator('.amount bdi').textContent()) ?? '', text)
    }
  })

  test('single keys can be switched off', async (t) => {
    const { page } = await openDesk(t)
    await page.goto('/desk/preferences')
    await choosePreference(page, 'Keyboard shortcuts', 'off')
    await openList(page)
    await page.keyboard.press('j')
    await page.keyboard.press('/')
    assert.equal(await page.evaluate('document.activeElement === document.body'), true)
  })

  test('all of an order can be done by keyboard, and the focus comes back', async (t) => {
    const [order] = await paidOrders(1)
    assert.ok(order)
    const { page } = await openDesk(t)
    await page.goto(`/desk/orders/${order.id}`)
    await page.locator('.history li').first().waitFor()
    const note = page.getByRole('button', { name: 'Add note' })
    await note.focus()
    await page.keyboard.press('Enter')
    await page.locator('dialog[open]').waitFor()
    await page.keyboard.type('By keyboard')
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
    await untilFocused(page, 'Add note')
    await page.keyboard.press('Enter')
    await page.locator('dialog[open]').waitFor()
    await page.keyboard.type('By keyboard')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('.history').getByText('By keyboard').waitFor()
  })
})
