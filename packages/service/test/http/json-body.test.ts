import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { json as jsonOf } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createTestService } from '../app.ts'

const app = createTestService()
app.post('/echo', async (request) => ({ body: request.body }))
let origin: string

before(async () => {
  origin = await app.listen({ host: '127.0.0.1', port: 0 })
})
after(() => app.close())

type Problem = { code?: string; errors?: object[]; body?: unknown }

/** Sends `body` with its length, or in chunks of one byte. */
async function post(body: Buffer, headers: Record<string, string> = {}, chunked = false) {
  const request = httpRequest(`${origin}/echo`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(!chunked && { 'content-length': body.length }),
      ...headers,
    },
  })
  const answer = new Promise<Problem & { status: number | undefined; acceptEncoding: unknown }>(
    (resolve, reject) => {
      request.on('error', reject)
      request.on('response', async (response) =>
        resolve({
          ...((await jsonOf(response)) as Problem),
          status: response.statusCode,
          acceptEncoding: response.headers['accept-encoding'],
        }),
      )
    },
  )
  if (chunked) for (const byte of body) request.write(Buffer.of(byte))
  request.end(chunked ? undefined : body)
  return answer
}

const inString = (hex: string) =>
  Buffer.concat([Buffer.from('{"name":"a'), Buffer.from(hex, 'hex'), Buffer.from('z"}')])

const notUtf8: Record<string, Buffer> = {
  'a byte that is in no character': inString('ff'),
  'a character of Latin-1': inString('e9'),
  'a continuation without a beginning': inString('80'),
  'a beginning without its continuation': inString('c3'),
  'a character cut short within the text': inString('f09f92'),
  'a character cut short at the end of the body': Buffer.from('7b7d20f09f92', 'hex'),
  'an overlong slash of two bytes': inString('c0af'),
  'an overlong slash of three bytes': inString('e080af'),
  'an overlong NUL': inString('c080'),
  'a surrogate': inString('eda0bd'),
  'a pair of surrogates (CESU-8)': inString('eda0bdedb880'),
  'a character beyond U+10FFFF': inString('f4908080'),
  'five bytes': inString('f888808080'),
  'UTF-16 with its mark': Buffer.concat([Buffer.from('fffe', 'hex'), Buffer.from('{}', 'utf16le')]),
  'a broken name': Buffer.concat([Buffer.from('{"'), Buffer.of(0xff), Buffer.from('":1}')]),
}

for (const [what, body] of Object.entries(notUtf8)) {
  test(`a body with ${what} is a 400 invalid_encoding, by its length and in chunks`, async () => {
    for (const chunked of [false, true]) {
      const { status, code } = await post(body, {}, chunked)
      assert.deepEqual([status, code], [400, 'invalid_encoding'])
    }
  })
}

test('text outside ASCII arrives unchanged, wherever the chunks are cut', async () => {
  const value = { name: 'é€😀\ufffd\u0000', ключ: ['日本'] }
  for (const chunked of [false, true]) {
    const { status, body } = await post(Buffer.from(JSON.stringify(value)), {}, chunked)
    assert.deepEqual([status, body], [200, value])
  }
})

test('a byte order mark of UTF-8 is ignored', async () => {
  const { body } = await post(Buffer.from('\ufeff{"a":1}'))
  assert.deepEqual(body, { a: 1 })
})

for (const parameters of [
  '',
  ';charset=utf-8',
  '; charset=UTF-8',
  '; Charset="utf-8"',
  ';charset=utf8',
  '; charset=utf-8; version=1',
  '; version=1',
]) {
  test(`application/json${parameters} is accepted`, async () => {
    const { status } = await post(Buffer.from('{}'), { 'content-type': `application/json${parameters}` })
    assert.equal(status, 200)
  })
}

for (const type of [
  'application/json; charset=iso-8859-1',
  'application/json;charset=utf-16',
  'application/json; charset="windows-1252"',
  'application/json; charset=us-ascii',
  'application/json; charset=utf-8; charset=utf-16',
  'application/json; version=1; CHARSET=latin1',
  'application/json; charset=utf-7',
  'application/json; charset=utf-80',
  'application/json; charset=',
  'text/json',
  'application/merge-patch+json',
]) {
  test(`${type} is a 415`, async () => {
    const { status, code } = await post(Buffer.from('{}'), { 'content-type': type })
    assert.deepEqual([status, code], [415, 'unsupported_media_type'])
  })
}

for (const coding of [
  'gzip',
  'GZIP',
  'deflate',
  'br',
  'zstd',
  'x-gzip',
  'gzip, gzip',
  'identity, gzip',
  'frob',
]) {
  test(`a body in the coding ${coding} is a 415 with Accept-Encoding`, async () => {
    for (const body of [gzipSync('{}'), Buffer.from('{}')]) {
      for (const chunked of [false, true]) {
        const { status, code, acceptEncoding } = await post(body, { 'content-encoding': coding }, chunked)
        assert.deepEqual([status, code, acceptEncoding], [415, 'unsupported_media_type', 'identity'])
      }
    }
  })
}

for (const coding of ['identity', '']) {
  test(`the coding "${coding}" is accepted`, async () => {
    assert.equal((await post(Buffer.from('{}'), { 'content-encoding': coding })).status, 200)
  })
}

test('a repeated member is a 400 that names it', async () => {
  for (const chunked of [false, true]) {
    const text = String.raw`{"items":[{"id":1},{"id":1,"\u0069d":2}]}`
    const { status, code, errors } = await post(Buffer.from(text), {}, chunked)
    assert.deepEqual([status, code], [400, 'validation_failed'])
    assert.deepEqual(errors, [{ pointer: '/items/1/id', detail: 'must not appear more than once' }])
  }
})

test('members that would change the prototype are refused, however they are spelt', async () => {
  for (const text of [
    '{"__proto__":{}}',
    String.raw`{"\u005f_proto__":{}}`,
    '{"constructor":{"prototype":{}}}',
    '{"a":[{"__proto__":1}]}',
  ]) {
    const { status, code } = await post(Buffer.from(text))
    assert.deepEqual([status, code], [400, 'bad_request'], text)
  }
})
