import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AllowList, parseAllowList } from '../../src/webhooks/addresses.ts'
import { urlProblem } from '../../src/webhooks/target.ts'

const nobody: AllowList = { blocks: [], names: new Set() }

const refused = {
  'not https': ['http://example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'javascript:alert(1)'],
  'no URL': [
    '',
    'example.com',
    '//example.com',
    'https://',
    'https://[fe80::1%25eth0]/',
    'https://exa mple.com/',
  ],
  'a user or a password': [
    'https://me@example.com/',
    'https://me:word@example.com/',
    'https://:word@example.com/',
  ],
  'a fragment': ['https://example.com/#part'],
  'loopback, however it is written': [
    'https://127.0.0.1/',
    'https://127.0.0.1./',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://１２７.0.0.1/',
    'https://127。0。0。1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[::]/',
    'https://0/',
  ],
  'metadata of a cloud': [
    'https://169.254.169.254/latest/',
    'https://[fd00:ec2::254]/',
    'https://0xa9fea9fe/',
  ],
  'local names': [
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost:8443/',
    'https://ⓛocalhost/',
  ],
}

for (const [kind, urls] of Object.entries(refused)) {
  test(`refused: ${kind}`, () => {
    for (const url of urls) assert.ok(urlProblem(url, { allowList: nobody, allowHttp: false }), url)
  })
}

test('public names and addresses are accepted, over https', () => {
  for (const url of [
    'https://example.com/hook?a=1',
    'https://example.com:8443',
    'https://münchen.example/',
    'https://1.1.1.1/',
    'https://[2606:4700:4700::1111]/',
  ])
    assert.equal(urlProblem(url, { allowList: nobody, allowHttp: false }), undefined, url)
})

test('settings allow http, and what is in the allow list', () => {
  const allowList = parseAllowList('127.0.0.0/8,localhost') as AllowList
  for (const url of ['http://127.0.0.1:9000/', 'http://localhost:9000/', 'https://2130706433/'])
    assert.equal(urlProblem(url, { allowList, allowHttp: true }), undefined, url)
  for (const url of ['ftp://127.0.0.1/', 'http://10.0.0.1/', 'http://me@127.0.0.1/'])
    assert.ok(urlProblem(url, { allowList, allowHttp: true }), url)
})
