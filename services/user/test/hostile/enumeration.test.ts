import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, newAccount, password } from '../app.ts'

const samples = 60

test('the time of a failed login does not reveal whether the account exists', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const account = newAccount()
  await context.register(account)

  /** Returns the milliseconds until a wrong password for this email is refused. */
  async function timeOf(email: string): Promise<number> {
    const start = performance.now()
    const response = await context.login({ email, password: `${password}?` })
    assert.equal(response.statusCode, 401)
    return performance.now() - start
  }
  for (const warmUp of [account.email, 'nobody@example.com']) for (let i = 0; i < 5; i++) await timeOf(warmUp)

  // one at a time, alternating, so that other load on the machine affects both equally
  const known: number[] = []
  const unknown: number[] = []
  for (let i = 0; i < samples; i++) {
    const first = i % 2 === 0
    if (first) known.push(await timeOf(account.email))
    unknown.push(await timeOf(`nobody-${i}@example.com`))
    if (!first) known.push(await timeOf(account.email))
  }
  const share = shareOfGreater(known, unknown)
  t.diagnostic(
    `a login for an account took longer than one for none in ${Math.round(share * 100)} % of pairs`,
  )
  // without the same work for both it is 100 %; chance alone stays within 50 ± 16 % in all but one of 400
  // runs
  assert.ok(share > 0.25 && share < 0.75, `${share}`)
})

/** Returns the share of pairs in which the greater value is from `ones`: the Mann–Whitney rank test. */
function shareOfGreater(ones: number[], others: number[]): number {
  const greater = ones.reduce((sum, a) => sum + others.filter((b) => a > b).length, 0)
  return greater / (ones.length * others.length)
}
