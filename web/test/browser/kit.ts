import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, type TestContext } from 'node:test'
import { baseUrl } from '@shop/tests/e2e/shop-client'
import { until } from '@shop/tests/kit/until'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'

const executablePath = '/usr/bin/chromium'

export const withoutChromium = !existsSync(executablePath) && 'chromium is not installed here'

export const { origin } = baseUrl()

/** Answers that a page must handle, and that a browser reports in its console nevertheless. */
const expected =
  /Failed to load resource: (?:the server responded with a status of (?:400|401|404|409|412|422|503)|net::ERR_)/

export type Desk = {
  page: Page
  context: BrowserContext
  /** Opens another page of the same browser session. */
  openTab(): Promise<Page>
  /** What a page must never do: errors, refused scripts and styles. */
  problems: string[]
}

let browser: Browser

/** Starts one browser for the tests of a file. */
export function useBrowser() {
  before(async () => {
    if (!withoutChromium) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  after(async () => {
    await browser?.close()
  })
}

type Options = BrowserContextOptions & { isLoggedIn?: boolean }

/** Opens a browser session in which an operator is logged in. It ends with the test, which fails for any problem. */
export async function openDesk(
  t: TestContext,
  { isLoggedIn = true, ...options }: Options = {},
): Promise<Desk> {
  const context = await browser.newContext({
    baseURL: origin,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 800 },
    ...options,
  })
  context.setDefaultTimeout(15_000)
  const problems: string[] = []
  context.on('weberror', (error) => problems.push(String(error.error())))
  context.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) problems.push(message.text())
  })
  context.on('dialog', (dialog) => {
    problems.push(`a script has opened a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  t.after(async () => {
    await context.close()
    assert.deepEqual(problems, [])
  })
  if (isLoggedIn) {
    const { E2E_ADMIN_EMAIL: email = 'admin@example.com', E2E_ADMIN_PASSWORD: password = 'demo-password' } =
      process.env
    const answer = await context.request.post('/users/login', { data: { email, password } })
    assert.equal(answer.status(), 200, await answer.text())
  }
  return { context, problems, page: await context.newPage(), openTab: () => context.newPage() }
}

/** Logs in through the dialog that is open. */
export async function logInByDialog(page: Page, email = 'admin@example.com', password = 'demo-password') {
  const dialog = page.locator('dialog.login')
  await dialog.getByLabel('Email').fill(email)
  await dialog.getByLabel('Password').fill(password)
  await dialog.getByRole('button', { name: 'Log in' }).click()
}

/** Chooses a preference, and waits for the page that is loaded again with it. */
export async function choosePreference(page: Page, name: string, value: string) {
  const loaded = page.waitForEvent('load')
  await page.getByLabel(name).selectOption(value)
  await loaded
}

/** Waits until an expression is true in the page. page.waitForFunction would evaluate it there, which the policy forbids. */
export const untilTrue = (page: Page, expression: string) =>
  until(async () => (await page.evaluate(expression)) === true, { what: expression })

/** Waits until the focus is on what has this text. */
export const untilFocused = (page: Page, text: string | null | undefined) =>
  untilTrue(page, `document.activeElement?.textContent === ${JSON.stringify(text)}`)

export const rows = (page: Page) => page.locator('.orders tbody tr')

/** Opens a list, and waits until it is there. */
export async function openList(page: Page, address = '') {
  await page.goto(`/desk/orders${address}`)
  await page.locator('.orders tbody tr, .state').first().waitFor()
}

/** Returns the numbers of the orders in the list. */
export const numbersOf = (page: Page) => rows(page).locator('a.cover').allTextContents()
