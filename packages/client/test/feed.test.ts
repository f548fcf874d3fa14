import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShopError } from '../src/errors.ts'
import { createOperator } from '../src/operator.ts'
import { problem, type Scripted, startScript } from './answers.ts'

const page = (ids: string[], next: string): Scripted => ({
  status: 200,
  json: { data: ids.map((id) => ({ id })), meta: { next, head: next, count: ids.length } },
})

test('the feed is followed by its cursors, also through empty pages and failures that pass', async (t) => {
  const { baseUrl, sent } = await startScript(
    t,
    page(['a', 'b'], 'e.2'),
    page([], 'e.9'),
    ...Array<Scripted>(5).fill(problem(503, 'not_ready')),
    page(['c'], 'e.10'),
  )
  const ids: string[] = []
  const { events } = createOperator({ baseUrl, token: 't1', retry: { attempts: 2 } })
  for await (const event of events({ types: ['paid', 'refunded'], limit: 2 })) {
    ids.push(event.id)
    if (event.id === 'c') break
  }
  assert.deepEqual(ids, ['a', 'b', 'c'])
  const query = 'wait=30&limit=2&types=paid%2Crefunded'
  const urls = sent.map(({ url }) => decodeURIComponent(url.replace('/admin/events?', '')).split('&').sort())
  const expected = (after?: string) =>
    [...decodeURIComponent(query).split('&'), ...(after ? [`after=${after}`] : [])].sort()
  assert.deepEqual(urls, [expected(), expected('e.2'), ...Array(6).fill(expected('e.9'))])
})

test('from `latest` on nothing is lost, because the first cursor is fetched without waiting', async (t) => {
  const { baseUrl, sent } = await startScript(t, page([], 'e.5'), 'cut', page(['a'], 'e.6'))
  const stored: string[] = []
  const { events } = createOperator({ baseUrl, token: 't1' })
  for await (const { data, meta } of events({ after: 'latest' }).pages()) {
    stored.push(meta.next)
    if (data.length > 0) break
  }
  assert.deepEqual(stored, ['e.5', 'e.6'])
  assert.deepEqual(
    sent.map(({ url }) => url),
    [
      '/admin/events?wait=0&after=latest',
      '/admin/events?wait=30&after=e.5',
      '/admin/events?wait=30&after=e.5',
    ],
  )
})

test('pages have the cursor to store, and one that leads nowhere is an error with the way on', async (t) => {
  const { baseUrl, sent } = await startScript(
    t,
    page(['a'], 'e.8'),
    problem(410, 'cursor_expired', { first: 'e.100', latest: 'e.200' }),
  )
  const stored: string[] = []
  const { events } = createOperator({ baseUrl, token: 't1' })
  try {
    for await (const { meta } of events({ after: 'e.7' }).pages()) stored.push(meta.next)
    assert.fail()
  } catch (error) {
    assert.ok(error instanceof ShopError && error.code === 'cursor_expired')
    assert.deepEqual([error.first, error.latest], ['e.100', 'e.200'])
  }
  assert.deepEqual(stored, ['e.8'])
  assert.equal(sent.length, 2)
})

test('a signal ends the iteration, while a request waits at the server', async (t) => {
  const { baseUrl, sent } = await startScript(t, page(['a'], 'e.1'), { serve: () => {} })
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 200)
  const ids: string[] = []
  const { events } = createOperator({ baseUrl, token: 't1' })
  for await (const { id } of events({ signal: controller.signal })) ids.push(id)
  assert.deepEqual(ids, ['a'])
  assert.equal(sent.length, 2)
})

test('a server that does not wait, because it is busy, is not asked without a pause', async (t) => {
  const { baseUrl, sent } = await startScript(t, page([], 'e.1'))
  const { events } = createOperator({ baseUrl, token: 't1' })
  for await (const _ of events({ signal: AbortSignal.timeout(1_500) }));
  assert.equal(sent.length, 2)
})
