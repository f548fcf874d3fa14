import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as argon2 from '@node-rs/argon2'
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

test('proving a password takes the work of a login, whether to change it, to delete the account, or to log in', async (t) => {
  const verified: string[] = []
  const context = await createTestApp({
    algorithm: {
      hash: argon2.hash,
      verify: (hash, ...rest) => {
        verified.push(String(hash))
        return argon2.verify(hash, ...rest)
      },
    },
  })
  t.after(() => context.close())
  const account = newAccount()
  const headers = await context.asUser((await context.register(account)).json().id)
  const newPassword = 'another good password'
  const guess = 'a guess'
  const attempts = {
    login: () => context.login({ email: account.email, password: guess }),
    change: () =>
      context.app.inject({
        method: 'POST',
        url: '/users/me/password',
        headers,
        body: { currentPassword: guess, newPassword },
      }),
    deletion: () =>
      context.app.inject({ method: 'DELETE', url: '/users/me', headers, body: { password: guess } }),
  }
  for (const [name, attempt] of Object.entries(attempts)) {
    verified.length = 0
    assert.equal((await attempt()).statusCode, 401, name)
    const work = verified.map((hash) => argon2.parseOptions(hash))
    assert.deepEqual(
      work.map(({ memoryCost, timeCost }) => ({ memoryCost, timeCost })),
      [{ memoryCost: 19_456, timeCost: 2 }],
      name,
    )
  }
})

/** Returns the share of pairs in which the greater value is from `ones`: the Mann–Whitney rank test. */
function shareOfGreater(ones: number[], others: number[]): number {
  const greater = ones.reduce((sum, a) => sum + others.filter((b) => a > b).length, 0)
  return greater / (ones.length * others.length)
}
