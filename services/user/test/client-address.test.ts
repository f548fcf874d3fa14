import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { addresses, createClientAddress } from '../src/client-address.ts'

const { parse } = addresses('TRUSTED_PROXIES', { meaning: 'proxies' })

/** Returns the address by which a request is counted. */
function addressOf(remoteAddress: string, forwardedFor?: string, trusted = '') {
  const clientAddress = createClientAddress(trusted ? parse(trusted) : undefined)
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  return clientAddress({ headers, socket: { remoteAddress } as Socket })
}

test('without proxies, the address is that of the connection, whatever X-Forwarded-For says', () => {
  assert.equal(addressOf('203.0.113.5'), '203.0.113.5')
  assert.equal(addressOf('203.0.113.5', '198.51.100.1'), '203.0.113.5')
  assert.equal(addressOf('203.0.113.5', '198.51.100.1', '127.0.0.1, 10.0.0.0/8'), '203.0.113.5')
})

test('behind a proxy, the address is the one the proxy wrote, never one the client wrote before it', () => {
  assert.equal(addressOf('127.0.0.1', '198.51.100.1', '127.0.0.1'), '198.51.100.1')
  assert.equal(addressOf('127.0.0.1', '192.0.2.66, 198.51.100.1', '127.0.0.1'), '198.51.100.1')
  assert.equal(addressOf('10.1.2.3', '192.0.2.66, 198.51.100.1, 10.9.9.9', '10.0.0.0/8'), '198.51.100.1')
})

test('reading stops at an entry that is not an address', () => {
  for (const made of ['', 'unknown', 'evil, ', '198.51.100.1:443', "' OR 1=1", ',,,', '999.1.1.1'])
    assert.equal(addressOf('127.0.0.1', made, '127.0.0.1'), '127.0.0.1')
})

test('every entry may be a proxy', () => {
  assert.equal(addressOf('10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.0/8'), '10.0.0.3')
})

test('an IPv4 address is the same on a dual-stack socket', () => {
  assert.equal(addressOf('::ffff:203.0.113.5'), '203.0.113.5')
  assert.equal(addressOf('::FFFF:127.0.0.1', '::ffff:198.51.100.1', '127.0.0.1'), '198.51.100.1')
})

test('of IPv6 the first 64 bits count, however they are written', () => {
  const network = '2001:db8:0:7::/64'
  for (const address of [
    '2001:db8:0:7::1',
    '2001:DB8:0:7:1:2:3:4',
    '2001:0db8:0000:0007::',
    '2001:db8::7:0:0:192.0.2.1',
  ])
    assert.equal(addressOf(address), network, address)
  assert.equal(addressOf('::1'), '0:0:0:0::/64')
  assert.equal(addressOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
  assert.equal(addressOf('::1', '2001:db8:0:7::1', '::1'), network)
  assert.equal(addressOf('fd00::2', '2001:db8:0:7::1', 'fd00::/8'), network)
})

test('a closed connection has no address and causes no error', () => {
  const clientAddress = createClientAddress(parse('127.0.0.1'))
  assert.equal(clientAddress({ headers: {}, socket: {} as Socket }), '')
})

test('the setting takes addresses and networks, and nothing else', () => {
  for (const text of ['127.0.0.1', '10.0.0.0/8,::1', ' 192.168.0.0/16 , fd00::/8 ', '0.0.0.0/0'])
    assert.ok(parse(text), text)
  for (const text of [
    'localhost',
    '10.0.0.0/33',
    '10.0.0/8',
    '::1/129',
    '10.0.0.0/-1',
    '127.0.0.1,',
    'a b',
    '*',
  ])
    assert.equal(parse(text), undefined, text)
})
