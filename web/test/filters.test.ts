import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  changeFilters,
  listQuery,
  readFilters,
  searchQueries,
  writeFilters,
} from '../src/desk/orders/filters.ts'

const now = Date.parse('2026-11-30T12:00:00Z')

test('an address and its filters say the same', () => {
  for (const address of [
    '',
    '?q=00000-0W00Q',
    '?status=paid,shipped',
    '?status=pending&age=1',
    '?late=true',
    '?email=a%2Bb%40example.com&from=2026-03-01&to=2026-03-31',
    '?product=00000000-0000-7000-8000-0000000f0001',
    '?status=pending&age=1&before=2026-11-29T12%3A00%3A00.000Z&cursor=AAZhFmv2zDs',
  ])
    assert.equal(writeFilters(readFilters(address)), address)
})

test('what an address says wrongly is left out', () => {
  assert.deepEqual(readFilters('?status=paid,lost,PAID&from=yesterday&to=2026-13-01&age=-1&late=no&x=1'), {
    status: ['paid'],
  })
  assert.deepEqual(readFilters('?q=%20&before=now'), {})
})

test('a change leads to the first page, without what cannot be combined with it', () => {
  const paid = readFilters('?status=paid&email=a@example.com&from=2026-03-01&cursor=x')
  assert.equal(
    writeFilters(changeFilters(paid, { status: ['shipped'] })),
    '?status=shipped&email=a%40example.com&from=2026-03-01',
  )
  assert.equal(writeFilters(changeFilters(paid, { late: true })), '?late=true&from=2026-03-01')
  assert.equal(writeFilters(changeFilters(paid, { product: 'p' })), '?product=p&from=2026-03-01')
  assert.equal(writeFilters(changeFilters(readFilters('?product=p'), { status: ['paid'] })), '?status=paid')
  assert.equal(
    writeFilters(changeFilters(readFilters('?late=true'), { from: '2026-03-01' })),
    '?late=true&from=2026-03-01',
  )
  assert.equal(writeFilters(changeFilters(readFilters('?user=u'), { email: 'a@b' })), '?email=a%40b')
  assert.equal(writeFilters(changeFilters(readFilters('?q=abc'), { status: ['paid'] })), '?status=paid')
  assert.equal(writeFilters(changeFilters(paid, { status: [], email: '' })), '?from=2026-03-01')
})

test('days are those of the time zone, and an age counts from now', () => {
  const query = (address: string) => listQuery(readFilters(address), { timeZone: 'Pacific/Auckland', now })
  assert.deepEqual(query('?from=2026-09-27&to=2026-09-27'), {
    createdFrom: '2026-09-26T12:00:00.000Z',
    // this day has 23 hours
    createdTo: '2026-09-27T11:00:00.000Z',
  })
  assert.deepEqual(query('?status=pending&age=1'), {
    status: 'pending',
    createdTo: '2026-11-29T12:00:00.000Z',
  })
  assert.deepEqual(query('?status=pending&age=1&before=2026-11-28T00:00:00.000Z&cursor=c'), {
    status: 'pending',
    createdTo: '2026-11-28T00:00:00.000Z',
    cursor: 'c',
  })
  assert.deepEqual(query('?late=true&to=2026-03-01'), {
    latePayment: 'true',
    createdTo: '2026-03-01T11:00:00.000Z',
  })
})

test('a search asks for everything that the text can be', () => {
  assert.deepEqual(searchQueries('bob@example.com'), [{ email: 'bob@example.com' }])
  assert.deepEqual(searchQueries('00000000-0000-7000-8000-0000000E0008'), [
    { id: '00000000-0000-7000-8000-0000000E0008' },
  ])
  assert.deepEqual(searchQueries('7kq4m-2xd9t'), [
    { number: '7kq4m2xd9t' },
    { trackingNumber: '7kq4m-2xd9t' },
  ])
  assert.deepEqual(searchQueries('7kq4'), [{ number: '7kq4' }, { trackingNumber: '7kq4' }])
  assert.deepEqual(searchQueries('7kq'), [{ trackingNumber: '7kq' }])
  assert.deepEqual(searchQueries('JJD0099999999999'), [{ trackingNumber: 'JJD0099999999999' }])
})
