import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionError, createTransport, type TransportOptions } from '../src/transport.ts'
import { problem, type Scripted, startScript } from './answers.ts'

const ok: Scripted = { status: 200, json: { fine: true } }
const transient: Scripted[] = [
  'cut',
  problem(409, 'idempotency_in_progress'),
  problem(429, 'too_many_requests'),
  problem(502, 'upstream_error'),
  problem(503, 'overloaded'),
  problem(504, 'upstream_timeout'),
  // the connection breaks in the middle of the body
  {
    serve(response) {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"fine"', () => response.destroy())
    },
  },
]

const get = (baseUrl: string) => new Request(`${baseUrl}/orders`)
const post = (baseUrl: string, headers = {}) =>
  new Request(`${baseUrl}/orders`, { method: 'POST', body: '{"a":"ü"}', headers })
const keyed = (baseUrl: string) => post(baseUrl, { 'idempotency-key': 'k1' })
const create = (options: TransportOptions = {}) =>
  createTransport({ ...options, retry: { attempts: 3, ...options.retry } })

test('what may be repeated is sent again, unchanged, until there is a final answer', async (t) => {
  for (const [index, answer] of transient.entries()) {
    for (const request of [get, keyed]) {
      const { baseUrl, sent } = await startScript(t, answer, ok)
      const response = await create().send(request(baseUrl))
      assert.deepEqual(await response.json(), { fine: true }, String(index))
      assert.equal(sent.length, 2)
      const [first, second] = sent.map(({ headers, ...rest }) => ({
        ...rest,
        key: headers['idempotency-key'],
      }))
      assert.deepEqual(first, second)
      if (request === keyed) assert.deepEqual([second?.body, second?.key], ['{"a":"ü"}', 'k1'])
    }
  }
})

test('a request that changes something and has no key is sent once', async (t) => {
  for (const answer of transient) {
    const { baseUrl, sent } = await startScript(t, answer, ok)
    await create()
      .send(post(baseUrl))
      .catch((error) => assert.ok(error instanceof ConnectionError))
    assert.equal(sent.length, 1)
  }
})

test('every other answer is final', async (t) => {
  const answers = [
    problem(400, 'validation_failed'),
    problem(404, 'order_not_found'),
    problem(409, 'illegal_transition'),
    problem(412, 'version_mismatch'),
    problem(422, 'idempotency_key_reused'),
    problem(500, 'internal_error'),
  ]
  for (const answer of answers) {
    const { baseUrl, sent } = await startScript(t, answer, ok)
    assert.equal((await create().send(keyed(baseUrl))).ok, false)
    assert.equal(sent.length, 1)
  }
})

test('the attempts are limited, and the last answer or failure is the result', async (t) => {
  const busy = await startScript(t, problem(503, 'overloaded'))
  assert.equal((await create().send(get(busy.baseUrl))).status, 503)
  assert.equal(busy.sent.length, 3)
  const dead = await startScript(t, 'cut')
  await assert.rejects(create().send(get(dead.baseUrl)), (error) => {
    assert.ok(error instanceof ConnectionError && error.cause instanceof TypeError)
    assert.match(error.message, /^GET http.*\/orders: no answer$/)
    return true
  })
  assert.equal(dead.sent.length, 3)
  const once = await startScript(t, 'cut')
  await assert.rejects(create({ retry: { attempts: 1 } }).send(get(once.baseUrl)), ConnectionError)
  assert.equal(once.sent.length, 1)
})

test('Retry-After is waited for, in seconds and as a date', async (t) => {
  for (const value of ['1', new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000).toUTCString()]) {
    const { baseUrl } = await startScript(t, problem(503, 'overloaded', {}, { 'retry-after': value }), ok)
    const startedAt = Date.now()
    await create().send(get(baseUrl))
    const notBefore = value === '1' ? startedAt + 1000 : Date.parse(value)
    // timers may fire a millisecond early
    assert.ok(Date.now() >= notBefore - 1, `${value}: after ${Date.now() - startedAt} ms`)
  }
})

test('a Retry-After beyond the total time is answered at once', async (t) => {
  const { baseUrl, sent } = await startScript(t, problem(503, 'overloaded', {}, { 'retry-after': '600' }), ok)
  const startedAt = Date.now()
  const response = await create().send(get(baseUrl))
  assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '600'])
  assert.ok(Date.now() - startedAt < 5_000)
  assert.equal(sent.length, 1)
})

test('an attempt that takes too long is no answer', async (t) => {
  const { baseUrl, sent } = await startScript(t, { serve: () => {} }, ok)
  const response = await create({ retry: { timeoutMs: 100 } }).send(get(baseUrl))
  assert.equal(response.status, 200)
  assert.equal(sent.length, 2)
  const slow = await startScript(t, {
    serve: (answer) => void answer.writeHead(200, { 'content-length': '9' }).write('{'),
  })
  const impatient = create({ retry: { timeoutMs: 100, attempts: 1 } })
  await assert.rejects(impatient.send(get(slow.baseUrl)), /no answer within 100 ms/)
})

test('a signal ends an attempt and the wait for the next one, with its reason', async (t) => {
  const scripts: Scripted[] = [{ serve: () => {} }, problem(503, 'overloaded', {}, { 'retry-after': '20' })]
  for (const script of scripts) {
    const { baseUrl, sent } = await startScript(t, script)
    const controller = new AbortController()
    const sending = create().send(new Request(`${baseUrl}/orders`, { signal: controller.signal }))
    const reason = new Error('the page was left')
    setTimeout(() => controller.abort(reason), 200)
    await assert.rejects(sending, (error) => error === reason)
    assert.equal(sent.length, 1)
  }
})

test('the token is asked for before every attempt', async (t) => {
  const { baseUrl, sent } = await startScript(t, problem(503, 'overloaded'), ok)
  let count = 0
  await create({ token: async () => `t${++count}` }).send(get(baseUrl))
  assert.deepEqual(
    sent.map(({ headers }) => headers.authorization),
    ['Bearer t1', 'Bearer t2'],
  )
})

test('a token that is refused is replaced once, if there is another one', async (t) => {
  const { baseUrl, sent } = await startScript(t, problem(401, 'invalid_token'), ok)
  const token = ({ rejected }: { rejected: string | undefined }) => (rejected === 't1' ? 't2' : 't1')
  assert.equal((await create({ token }).send(post(baseUrl))).status, 200)
  assert.deepEqual(
    sent.map(({ headers, body }) => [headers.authorization, body]),
    [
      ['Bearer t1', '{"a":"ü"}'],
      ['Bearer t2', '{"a":"ü"}'],
    ],
  )
  const refusing = await startScript(t, problem(401, 'invalid_token'))
  assert.equal((await create({ token }).send(get(refusing.baseUrl))).status, 401)
  assert.equal(refusing.sent.length, 2)
  const constant = await startScript(t, problem(401, 'invalid_token'))
  assert.equal((await create({ token: 't1' }).send(get(constant.baseUrl))).status, 401)
  assert.equal(constant.sent.length, 1)
})

test('an error of the token supplier is thrown as it is', async (t) => {
  const { baseUrl, sent } = await startScript(t, ok)
  const failure = new Error('the provider is down')
  const token = () => Promise.reject(failure)
  await assert.rejects(create({ token }).send(get(baseUrl)), (error) => error === failure)
  assert.equal(sent.length, 0)
})

test('limits that are no limits are refused at the start', () => {
  for (const [name, value] of [
    ['attempts', 0],
    ['totalMs', Number.NaN],
    ['timeoutMs', -1],
  ] as const)
    assert.throws(() => createTransport({ retry: { [name]: value } }), {
      name: 'TypeError',
      message: `retry.${name}: expected a number of at least 1, got ${value}`,
    })
})
