import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { call } from '@shop/tests/e2e/shop-client'
import {
  choosePreference,
  logInByDialog,
  openDesk,
  origin,
  rows,
  untilTrue,
  useBrowser,
  withoutChromium,
} from './kit.ts'
import { anyShopper } from './orders.ts'

describe('the session', { skip: withoutChromium }, () => {
  useBrowser()

  test('only an operator gets in; a reload stays in; logging out ends all tabs', async (t) => {
    const { page, openTab } = await openDesk(t, { isLoggedIn: false })
    await page.goto('/desk/orders?status=paid')
    await page.locator('dialog.login').waitFor()
    for (let i = 0; i < 3; i++) await page.keyboard.press('Escape')
    const { email, password } = await anyShopper()
    await logInByDialog(page, email, password)
    await page.getByText('This account is not an operator’s.').waitFor()
    assert.equal(await rows(page).count(), 0)
    await logInByDialog(page)
    await rows(page).first().waitFor()
    assert.equal(new URL(page.url()).search, '?status=paid')
    await page.reload()
    await rows(page).first().waitFor()
    const tab = await openTab()
    await tab.goto('/desk/figures')
    await tab.getByRole('heading', { name: 'The last 30 days' }).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.locator('dialog.login').waitFor()
    assert.equal(await rows(page).count(), 0)
    await tab.locator('dialog.login').waitFor()
    // a login in one tab is one for all
    await logInByDialog(tab)
    await page.locator('dialog.login').waitFor({ state: 'detached' })
  })

  test('tokens are never stored where scripts of a later visit could read them', async (t) => {
    const { page, context } = await openDesk(t)
    await page.goto('/desk/orders')
    await rows(page).first().waitFor()
    await page.getByRole('link', { name: 'Preferences' }).click()
    await choosePreference(page, 'Appearance', 'dark')
    await untilTrue(page, "document.documentElement.dataset.theme === 'dark'")
    const stored = String(
      await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
    )
    assert.doesNotMatch(stored, /eyJ|token|Bearer/i)
    assert.match(stored, /dark/)
    assert.deepEqual(await page.evaluate('indexedDB.databases().then((all) => all.length)'), 0)
    const [cookie] = await context.cookies(`${origin}/users`)
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Strict', '/users'])
  })

  test('of many tabs, one renews the token for all', async (t) => {
    const { context, openTab } = await openDesk(t)
    let refreshes = 0
    // each token counts as about to expire
    await context.route('**/users/refresh', async (route) => {
      refreshes++
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...(await response.json()), expiresIn: 34 } })
    })
    const tabs = await Promise.all(Array.from({ length: 4 }, openTab))
    await tabs[0]?.goto('/desk/orders')
    await rows(tabs[0] as never)
      .first()
      .waitFor()
    const first = refreshes
    await Promise.all(tabs.slice(1).map((tab) => tab.goto('/desk/webhooks')))
    await Promise.all(tabs.slice(1).map((tab) => tab.locator('.skeleton').waitFor({ state: 'detached' })))
    const opened = refreshes
    // now all of them are too old at the same time
    await tabs[0]?.waitForTimeout(5000)
    await Promise.all(tabs.map((tab) => tab.getByRole('link', { name: 'Figures' }).click()))
    await Promise.all(tabs.map((tab) => tab.getByText('As of').waitFor()))
    assert.equal(first, 1)
    assert.ok(refreshes - opened <= 1, `${refreshes - opened} refreshes of 4 tabs`)
  })

  test('pages of other sites can neither use the session nor end it', async (t) => {
    const { page, context } = await openDesk(t)
    const attack = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<form id="out" method="post" action="${origin}/users/logout" enctype="text/plain" target="frame">
        <input name='{"a":"' value='"}'></form><iframe name="frame"></iframe>`)
    })
    await once(attack.listen(0, '127.0.0.1'), 'listening')
    t.after(() => attack.close())
    await page.goto('/desk/orders')
    await rows(page).first().waitFor()
    // another port is the same site, so that even SameSite=Strict lets the cookie through
    const other = await context.browser()?.newContext({ storageState: await context.storageState() })
    assert.ok(other)
    t.after(() => other.close())
    const evil = await other.newPage()
    await evil.goto(`http://127.0.0.1:${(attack.address() as AddressInfo).port}/`)
    const answered = evil.waitForResponse(/users\/logout/)
    await evil.evaluate("document.getElementById('out').submit()")
    assert.equal((await answered).status(), 415)
    for (const path of ['/users/refresh', '/users/logout'])
      assert.equal(
        await evil.evaluate(
          `fetch('${origin}${path}', { method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{}' }).then(() => 'sent', () => 'refused')`,
        ),
        'refused',
        path,
      )
    await page.reload()
    await rows(page).first().waitFor()
  })

  test('the pages cannot be framed, and the API does not take the cookie for a token', async (t) => {
    const { context } = await openDesk(t)
    const entry = await call('/desk/orders')
    assert.match(entry.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    const listed = await context.request.get('/admin/orders')
    assert.equal(listed.status(), 401)
  })
})
