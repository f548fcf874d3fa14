import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { testAuthConfig } from '@shop/tests/kit/tokens'
import { createUserIds } from '../../src/auth/user-id.ts'

const page = readFileSync(new URL('../../../../docs/identity.md', import.meta.url), 'utf8')
const [, move = ''] = /^To move from accounts of the User service(.*?)^## /ms.exec(page) ?? []

test('a UUID has the two ids that docs/identity.md tells: one while its issuer is second, one when it is first', () => {
  const [issuers = ''] = /(?<=^ {4})https:.*/m.exec(move) ?? []
  const [first, provider = ''] = issuers.split(',')
  assert.ok(first && provider)
  const idWith = (list: string) =>
    createUserIds(testAuthConfig({ AUTH_ISSUER: list }))(provider, {
      sub: '36fa0f91-f94d-4a0c-afed-6b7d952e47da',
    })
  const [subject, ...told] = [...move.matchAll(/`([0-9a-f-]{36})`/g)].map(([, id]) => id)
  assert.equal(subject, '36fa0f91-f94d-4a0c-afed-6b7d952e47da')
  assert.deepEqual([idWith(issuers), idWith(provider)], told)
  assert.deepEqual(told, ['ef374f8a-4a3f-586b-9f7e-ca4125eb7a41', subject])
})
