import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createTestApp, newAccount, password } from './app.ts'

test('logins beyond concurrency and queue get 503 overloaded, and delay no other requests', async (t) => {
  const inProgress: ((matches: boolean) => void)[] = []
  const context = await createTestApp({
    algorithm: {
      hash: async () => '$argon2id$none',
      verify: () => new Promise((resolve) => inProgress.push(resolve)),
    },
    limits: { concurrency: 1, queueLimit: 1 },
  })
  t.after(() => context.close())
  const account = newAccount()
  const { id } = (await context.register(account)).json()
  const attempt = { email: account.email, password }

  const logins = [context.login(attempt), context.login(attempt), context.login(attempt)]
  const refused = await Promise.race(logins)
  assert.equal(refused.statusCode, 503)
  assert.equal(refused.json().code, 'overloaded')
  assert.match(String(refused.headers['retry-after']), /^\d+$/)

  const me = await context.app.inject({ url: '/users/me', headers: await context.asUser(id) })
  assert.equal(me.statusCode, 200)

  for (let done = 0; done < 2; done++) {
    while (inProgress.length === 0) await setImmediate()
    inProgress.pop()?.(true)
  }
  const statuses = (await Promise.all(logins)).map((response) => response.statusCode)
  assert.deepEqual(statuses.sort(), [200, 200, 503])
})
