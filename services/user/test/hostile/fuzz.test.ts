import { test } from 'node:test'
import { fuzzOperations } from '@shop/tests/kit/openapi/fuzz'
import { v7 as uuidv7 } from 'uuid'
import { cookieOf, createTestApp, newAccount } from '../app.ts'

test('no request leads to an answer that is not in the OpenAPI document', async (t) => {
  const context = await createTestApp({
    // a real hash takes 20 ms, and would not make this test any stricter
    algorithm: {
      hash: async () => '$argon2id$none',
      verify: async (_hash, password) => String(password).length % 2 === 0,
    },
    credentialLimits: { attemptsPerAddress: 1_000_000, failuresPerAccount: 20 },
  })
  t.after(() => context.close())
  const ids: string[] = []
  const cookies: string[] = []
  for (let i = 0; i < 3; i++) {
    const account = newAccount()
    ids.push((await context.register(account)).json().id)
    // of an even length, which the algorithm above takes for the right one
    const login = await context.login({ email: account.email, password: 'even' })
    cookies.push(cookieOf(login).replace('refresh_token=', ''))
  }
  const users = [
    await context.asUser(String(ids[0])),
    await context.asUser(String(ids[1]), 'admin'),
    await context.asUser(uuidv7()),
  ]

  await fuzzOperations(t, context.app, {
    authorizations: users.map(({ authorization }) => authorization),
    ids,
    cookies,
  })
})
