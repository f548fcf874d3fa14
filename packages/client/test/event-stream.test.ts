import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventStreamParser, readEventStream } from '../src/event-stream.ts'
import { ConnectionError } from '../src/transport.ts'

const block = (fields: object) => ({
  event: 'message',
  data: undefined,
  id: undefined,
  retryMs: undefined,
  ...fields,
})

/** Everything that the format has, and characters of one to four bytes. */
const text = [
  '\uFEFFretry: 2841',
  'id: 4f8a1c2e.1041',
  '',
  ': a comment',
  '',
  'event: paid',
  'id: 4f8a1c2e.1043',
  'data: {"name":"Crème brûlée, 25 € 🍮"}',
  '',
  'data: first',
  'data:second',
  'data',
  'data:  indented',
  '',
  'event: nothing to tell',
  '',
  'unknown: field',
  'retry: soon',
  'id: with\0nul',
  'data: last',
  '',
  'data: never finished',
]

const events = [
  block({ retryMs: 2841, id: '4f8a1c2e.1041' }),
  block({ event: 'paid', id: '4f8a1c2e.1043', data: '{"name":"Crème brûlée, 25 € 🍮"}' }),
  block({ data: 'first\nsecond\n\n indented' }),
  block({ data: 'last' }),
]

function bodyOf(pieces: Uint8Array[]) {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

async function eventsOf(pieces: Uint8Array[]) {
  const found: object[] = []
  for await (const event of readEventStream(bodyOf(pieces), 1000)) found.push(event)
  return found
}

for (const [name, lineEnd] of Object.entries({ LF: '\n', CR: '\r', CRLF: '\r\n' })) {
  const bytes = new TextEncoder().encode(text.join(lineEnd))

  test(`a stream with ${name} is the same wherever it is cut in two`, async () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const pieces = [bytes.slice(0, cut), bytes.slice(cut)]
      assert.deepEqual(await eventsOf(pieces), events, `at ${cut}`)
    }
  })

  test(`a stream with ${name} may come byte by byte`, async () => {
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte))
    assert.deepEqual(await eventsOf(pieces), events)
  })
}

test('an event is there as soon as its empty line is, whatever the line ends', () => {
  for (const lineEnd of ['\n', '\r', '\r\n']) {
    const parser = createEventStreamParser()
    assert.deepEqual(parser.push(`data: 1${lineEnd}`), [])
    assert.deepEqual(parser.push(lineEnd), [block({ data: '1' })])
  }
})

test('an event without end is refused before it fills the memory', () => {
  for (const line of ['x', 'data: x\n']) {
    const parser = createEventStreamParser()
    assert.throws(() => {
      for (let i = 0; i < 10; i++) parser.push(line.repeat(200_000))
    }, /longer than 1048576 characters/)
  }
})

test('a body that falls silent is cancelled', async () => {
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel() {
      cancelled = true
    },
  })
  const iterator = readEventStream(body, 20)
  assert.deepEqual((await iterator.next()).value, block({ data: '1' }))
  await assert.rejects(iterator.next(), ConnectionError)
  assert.ok(cancelled)
})
