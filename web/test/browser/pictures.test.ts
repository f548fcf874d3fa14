import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openDesk, openList, rows, useBrowser, withoutChromium } from './kit.ts'

/** With PICTURES=write, the pictures of docs/web.md are made again: on the demo data of a new `npm start`. */
const isWritten = process.env.PICTURES === 'write'

const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 360, height: 720 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

const openOrder = async (page: Page) => {
  await openList(page)
  await rows(page).filter({ hasText: '00000-0W009' }).locator('a.cover').click()
  await page.locator('.history li').first().waitFor()
  await page.locator('.history bdi').filter({ hasText: 'Example' }).first().waitFor()
}

const pictures: Record<string, [object, (page: Page) => Promise<unknown>]> = {
  'desk-list-light': [{ ...desktop, colorScheme: 'light' }, (page) => openList(page)],
  'desk-order-dark': [{ ...desktop, colorScheme: 'dark' }, openOrder],
  'desk-figures-light': [
    { ...desktop, colorScheme: 'light' },
    async (page) => {
      await page.goto('/desk/figures')
      await page.locator('.plots section').nth(1).waitFor()
    },
  ],
  'desk-bulk-dark': [
    { ...desktop, colorScheme: 'dark' },
    async (page) => {
      await openList(page, '?status=paid')
      await page.getByLabel('Select all').check()
      await page.getByRole('button', { name: 'Ship…' }).click()
      await page.getByLabel('Carrier').fill('Parcel Post')
      await page.getByLabel('Tracking numbers').fill('00000-0W00P PP2001\n00000-0W009 PP2002')
    },
  ],
  'desk-list-phone-dark': [{ ...phone, colorScheme: 'dark' }, (page) => openList(page)],
  'desk-order-phone-light': [
    { ...phone, colorScheme: 'light' },
    async (page) => {
      await openOrder(page)
      await page.getByRole('button', { name: 'Refund' }).click()
    },
  ],
}

describe('pictures', {
  skip: withoutChromium || (!isWritten && 'set PICTURES=write to make the pictures again'),
}, () => {
  useBrowser()

  for (const [name, [options, open]] of Object.entries(pictures)) {
    test(name, async (t) => {
      const { page } = await openDesk(t, options)
      await open(page)
      // amounts come when the decimals of the currencies are known
      await page
        .locator('.orders .amount bdi, .items tfoot .amount bdi, rect')
        .filter({ visible: true })
        .first()
        .waitFor()
      await page.mouse.move(0, 0)
      const folder = join(import.meta.dirname, '../../../docs/pictures')
      await mkdir(folder, { recursive: true })
      await page.screenshot({ path: join(folder, `${name}.png`) })
    })
  }
})
