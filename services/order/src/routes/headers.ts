import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Answer } from '../answer-once.ts'

/**
 * A structured-field string (RFC 9651), as in the draft of this header, or without quotes, as most clients
 * send it.
 */
const IdempotencyKey = Type.String({
  pattern: '^(?:[!#-~]{1,255}|"[ !#-\\[\\]-~]{1,255}")$',
  description:
    '1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID.',
})

/** The request headers of everything that is done once per key. */
export const IdempotencyHeaders = {
  'idempotency-key': Type.Optional(IdempotencyKey),
  // Lets a gateway retry a request without a key on another replica. The service treats it like any other key.
  'x-gateway-idempotency-key': Type.Optional({
    ...IdempotencyKey,
    description:
      'Set by the gateway, which removes it from client requests. Ignored if there is an Idempotency-Key.',
  }),
}

export const replayedHeader = {
  'Idempotent-Replayed': {
    type: 'string',
    enum: ['true'],
    description: 'Present when a stored answer is replayed.',
  },
}

/** Returns the key without quotes: `"abc"` and `abc` are the same key. */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['idempotency-key'] ?? headers['x-gateway-idempotency-key']
  return header?.toString().replace(/^"(.*)"$/, '$1')
}

const tag = '(?:(?:W/)?"[!#-~]*"|[0-9]+)'

export const IfMatch = Type.String({
  maxLength: 1000,
  pattern: `^(?:\\*|${tag}(?:[ \\t]*,[ \\t]*${tag})*)$`,
  description:
    'The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.',
  examples: ['"3"'],
})

/** Returns the versions that If-Match names, or undefined if it is absent or names any. */
export function versionsOf(ifMatch: string | undefined): number[] | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined
  // not split at commas, which a quoted tag may contain
  const tags = [...ifMatch.matchAll(/"([^"]*)"|([0-9]+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  // what no version looks like, or is too large for one, matches none
  return tags.filter((each) => /^[1-9][0-9]{0,9}$/.test(each) && Number(each) <= 2_147_483_647).map(Number)
}

export const etagHeader = {
  ETag: {
    type: 'string',
    description: 'The version of the order, quoted; for If-Match.',
    required: true,
  },
}

export const etagOf = (version: number) => `"${version}"`

/** Sends an answer of AnswerOnce, which is an order: as text, so that a replay has the same bytes, even from a later version. */
export function sendAnswer(reply: FastifyReply, { status, body, replayed }: Answer & { replayed: boolean }) {
  if (replayed) reply.header('idempotent-replayed', 'true')
  return reply
    .code(status)
    .header('etag', etagOf(JSON.parse(body).version ?? 1))
    .type('application/json; charset=utf-8')
    .send(body as never)
}
