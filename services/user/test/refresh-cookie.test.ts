import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRefreshCookie } from '../src/refresh-cookie.ts'
import { formatRefreshToken, parseRefreshToken } from '../src/refresh-token.ts'

const token = { sessionId: '01a2034e-a377-7784-8677-fb17821295e2', secret: Buffer.alloc(32, 0xfe) }

for (const [issuer, isSecure] of [
  ['https://shop.example', true],
  ['http://127.0.0.1:8080', false],
  ['HTTP://SHOP.TEST', false],
  ['shop.example', true],
  ['https://a.test/?next=http://b.test', true],
] as const) {
  test(`the cookie is ${isSecure ? '' : 'not '}Secure when the issuer is ${issuer}`, () => {
    const cookie = createRefreshCookie({ issuer })
    for (const value of [cookie.store(token, 60), cookie.cleared])
      assert.equal(value.includes('; Secure'), isSecure)
  })
}

test('a token is read as it was written', () => {
  const { store, read } = createRefreshCookie({ issuer: 'https://shop.example' })
  const [cookie = ''] = store(token, 60).split(';')
  assert.deepEqual(read({ headers: { cookie } }), token)
  assert.deepEqual(read({ headers: { cookie: `a=b;${cookie} ;c` } }), token)
})

test('texts of another length or alphabet are no tokens', () => {
  const text = formatRefreshToken(token)
  assert.deepEqual(parseRefreshToken(text), token)
  for (const other of [
    '',
    text.slice(1),
    `${text}A`,
    `${text.slice(1)}+`,
    `${text.slice(1)}=`,
    `${text.slice(1)}é`,
  ])
    assert.equal(parseRefreshToken(other), undefined, other)
})
