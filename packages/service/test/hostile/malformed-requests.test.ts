import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { createTestService } from '../app.ts'

const logLines: string[] = []
const app = createTestService({ logLines })
/** Completes the POST in progress. */
let finishPost = () => {}
app.get('/things', async () => ({ things: [] }))
app.post('/things', async (_request, reply) => {
  await new Promise<void>((resolve) => {
    finishPost = resolve
    app.server.emit('posted')
  })
  return reply.code(201).send({ made: true })
})

before(() => app.listen({ host: '127.0.0.1', port: 0 }))
after(() => app.close())

const open = () => connect((app.server.address() as AddressInfo).port, '127.0.0.1')

async function answersTo(request: string) {
  const socket = open()
  socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')))
  socket.write(request)
  return answersIn(await text(socket))
}

function answersIn(received: string) {
  return received
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter(Boolean)
    .map((answer) => {
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      return { status: Number(head.split(' ')[1]), head, body }
    })
}

const close = 'Connection: close\r\n'

for (const [what, request] of Object.entries({
  'two Hosts': `GET /things HTTP/1.1\r\nHost: a\r\nHost: b\r\n${close}\r\n`,
  'an empty Host': `GET /things HTTP/1.1\r\nHost:\r\n${close}\r\n`,
  'a Host that is none': `GET /things HTTP/1.1\r\nHost: a b\r\n${close}\r\n`,
  'two Authorizations': `GET /things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n${close}\r\n`,
  'a request without Host': `GET /things HTTP/1.1\r\n${close}\r\n`,
  CONNECT: 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\n\r\n',
  'a version that is none': `GET /things HTTP/2.0\r\nHost: a\r\n${close}\r\n`,
  'another coding with chunked': `POST /things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'chunks in HTTP/1.0': `POST /things HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
})) {
  test(`${what} is a 400 problem, whose id is in the log`, async () => {
    const answers = await answersTo(request)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400],
    )
    const { head = '', body = '' } = answers[0] ?? {}
    assert.match(head, /^content-type: application\/problem\+json/im)
    const problem = JSON.parse(body)
    assert.equal(problem.code, 'bad_request')
    assert.ok(logLines.some((line) => line.includes(problem.requestId)))
  })
}

test('HTTP/1.0 needs no Host', async () => {
  assert.deepEqual(
    (await answersTo('GET /things HTTP/1.0\r\n\r\n')).map(({ status }) => status),
    [200],
  )
})

test('an unknown expectation is ignored', async () => {
  const answers = await answersTo(`GET /things HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n${close}\r\n`)
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200],
  )
})

const post =
  'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

test('malformed data after a request is answered after it, not in its place', async () => {
  for (const behind of ['NONSENSE\r\n\r\n', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`]) {
    const socket = open()
    const posted = once(app.server, 'posted')
    const received = text(socket)
    socket.write(post)
    await posted
    socket.write(behind)
    // the parser fails again on this data, which changes nothing
    socket.write('MORE NONSENSE\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 50))
    finishPost()
    const answers = answersIn(await received)
    assert.equal(answers.length, 2)
    assert.deepEqual([answers[0]?.status, answers[0]?.body], [201, '{"made":true}'])
    assert.equal(answers[1]?.status, behind.startsWith('N') ? 400 : 431)
  }
})

test('no part of a refused request gets into the log', async () => {
  await answersTo(
    `GET /things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer canary-token\r\nX: \u0000\r\n\r\n`,
  )
  assert.ok(!logLines.join('').includes('canary'))
})
