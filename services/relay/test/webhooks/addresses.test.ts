import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mayConnectTo, parseAllowList } from '../../src/webhooks/addresses.ts'

const nothing = { blocks: [] }

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.216.34',
  '::ffff:8.8.8.8',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
]

/** One address of each block in IANA's registries of special-purpose addresses, and what else is no place to go. */
const refused = {
  'this network': ['0.0.0.0', '0.1.2.3'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'shared by carriers, with a metadata address': ['100.64.0.1', '100.100.100.200'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  'link-local, with metadata addresses': ['169.254.169.254', '169.254.170.2', 'fe80::1', 'fe80::1%eth0'],
  'assigned to protocols, with a metadata address': ['192.0.0.1', '192.0.0.192'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  AS112: ['192.31.196.1', '192.175.48.1', '2620:4f:8000::1', '2001:4:112::1'],
  AMT: ['192.52.193.1', '2001:3::1'],
  '6to4': ['192.88.99.1', '2002:7f00:1::', '2002:a9fe:a9fe::1'],
  benchmarks: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: ['240.0.0.1', '255.255.255.255'],
  'metadata of a cloud': ['168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254'],
  unspecified: ['::', '::0.0.0.0'],
  'mapped from IPv4': ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:10.0.0.1'],
  'translated from IPv4': ['64:ff9b::7f00:1', '64:ff9b:1::1', '::ffff:0:127.0.0.1'],
  'compatible with IPv4': ['::127.0.0.1', '::8.8.8.8'],
  discarded: ['100::1', '100:0:0:1::1'],
  Teredo: ['2001::1'],
  ORCHID: ['2001:10::1', '2001:20::1', '2001:30::1'],
  'segment routing': ['5f00::1'],
  'unique local': ['fc00::1', 'fdff::1'],
  'site-local': ['fec0::1'],
  'not assigned': ['4000::1', '8000::1', 'e000::1'],
  'no plain address': [
    '',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '127.1',
    '1.1.1.1.',
    'example.com',
    '1.1.1.1%eth0',
  ],
}

test('public addresses are allowed', () => {
  for (const address of publicAddresses) assert.ok(mayConnectTo(address, nothing), address)
})

for (const [kind, addresses] of Object.entries(refused)) {
  test(`refused: ${kind}`, () => {
    for (const address of addresses) assert.ok(!mayConnectTo(address, nothing), address)
  })
}

test('no address of IPv6 outside of 2000::/3 is public', () => {
  const parts = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(parts, (numbers) => {
      const first = numbers[0] as number
      fc.pre(first < 0x2000 || first > 0x3fff)
      // ::ffff:a.b.c.d is an address of IPv4
      fc.pre(numbers.slice(0, 5).some((part) => part !== 0))
      assert.ok(!mayConnectTo(numbers.map((part) => part.toString(16)).join(':'), nothing))
    }),
  )
})

test('an address of IPv4 and the same one mapped into IPv6 are judged alike', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.equal(mayConnectTo(`::ffff:${address}`, nothing), mayConnectTo(address, nothing))
    }),
  )
})

test('no address of the private blocks is allowed', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  const prefix = fc.constantFrom('10', '127', '0', '224', '240', '255')
  fc.assert(
    fc.property(prefix, byte, byte, byte, (first, ...rest) => {
      assert.ok(!mayConnectTo([first, ...rest].join('.'), nothing))
    }),
  )
})

test('whatever the text is, judging it does not throw', () => {
  const alphabet = [...'0123456789abcdefx:.%/[]\0 ']
  const hostile = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...alphabet)).map((chars) => chars.join('')),
  )
  fc.assert(fc.property(hostile, (text) => assert.equal(typeof mayConnectTo(text, nothing), 'boolean')))
})

test('the allow list adds blocks, and is about them only', () => {
  const allowList = parseAllowList('10.2.0.0/16, ::1,192.168.7.9')
  assert.ok(allowList)
  for (const address of ['10.2.3.4', '::1', '192.168.7.9', '::ffff:10.2.3.4', '1.1.1.1'])
    assert.ok(mayConnectTo(address, allowList), address)
  for (const address of ['10.3.0.1', '::2', '192.168.7.10', '127.0.0.1', '10.2.3.4.', '::1%lo'])
    assert.ok(!mayConnectTo(address, allowList), address)
})

test('the allow list takes names, in any case', () => {
  assert.deepEqual(
    [...(parseAllowList('Receiver.internal,localhost')?.names ?? [])],
    ['receiver.internal', 'localhost'],
  )
})

test('an allow list with anything else in it is not valid', () => {
  for (const text of [
    '',
    ',',
    '10.0.0.0/33',
    '10.0.0',
    '10.0.0.0/',
    'http://a',
    'a b',
    '*.internal',
    'fe80::1%eth0',
    '-a',
  ])
    assert.equal(parseAllowList(text), undefined, text)
})
