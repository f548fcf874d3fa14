import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, newAccount, type TestApp } from '../app.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

async function change(id: string, body: object) {
  return context.app.inject({ method: 'PATCH', url: '/users/me', body, headers: await context.asUser(id) })
}

test('PATCH /users/me returns the user with the new name and a later updatedAt, and nothing else changed', async () => {
  const user = (await context.register(newAccount())).json()
  const response = await change(user.id, { name: 'Zoë Ωmega' })
  assert.equal(response.statusCode, 200, response.body)
  const { updatedAt, ...rest } = response.json()
  const { updatedAt: before, ...unchanged } = user
  assert.deepEqual(rest, { ...unchanged, name: 'Zoë Ωmega' })
  assert.ok(updatedAt > before)
  const headers = await context.asUser(user.id)
  assert.deepEqual((await context.app.inject({ url: '/users/me', headers })).json(), response.json())
})

for (const [what, body, pointer] of [
  ['no name', {}, '/name'],
  ['a blank name', { name: ' \u200b' }, '/name'],
  ['a name of 201 characters', { name: 'x'.repeat(201) }, '/name'],
  ['another email', { name: 'Zoë', email: 'zoe@example.com' }, '/email'],
  ['a role', { name: 'Zoë', role: 'admin' }, '/role'],
] as const) {
  test(`${what} is refused`, async () => {
    const { id } = (await context.register(newAccount())).json()
    const response = await change(id, body)
    assert.equal(response.statusCode, 400)
    assert.equal(response.json().errors[0].pointer, pointer)
  })
}

test('a valid token whose user has no row gets a 404', async () => {
  const response = await change(uuidv7(), { name: 'Zoë' })
  assert.deepEqual([response.statusCode, response.json().code], [404, 'user_not_found'])
})
