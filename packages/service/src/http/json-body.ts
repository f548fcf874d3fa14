import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError, ValidationError } from '../errors.ts'
import { httpRefusal } from './problem.ts'
import { repeatedMember } from './repeated-member.ts'

/**
 * Accepts only JSON in UTF-8. Another type, charset or a Content-Encoding is 415; bytes that are not UTF-8 and a member
 * that appears twice are 400. The framework would decode such bytes as U+FFFD and take the last of the members.
 */
export function acceptJsonOnly(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    checkDescription(request)
    if (!isUtf8(body)) throw new AppError(400, 'invalid_encoding', 'The body is not valid UTF-8.')
    const text = body.toString()
    parse(request, text, (error, value) => {
      const pointer = error ? undefined : repeatedMember(text)
      if (pointer === undefined) done(error, value)
      else done(new ValidationError([{ pointer, detail: 'must not appear more than once' }]))
    })
  })
}

/** JSON is UTF-8 (RFC 8259, section 8.1) and has no such parameter; it is ignored if it says UTF-8. */
const otherCharset = /;\s*charset\s*=(?!\s*"?utf-?8"?\s*(?:;|$))/i

function checkDescription({ headers }: FastifyRequest) {
  const { 'content-encoding': coding, 'content-type': type = '' } = headers
  // an empty header is an empty list of codings; nginx drops it
  if (coding && coding.toLowerCase() !== 'identity')
    throw httpRefusal(415, { headers: { 'accept-encoding': 'identity' } })
  if (otherCharset.test(type)) throw httpRefusal(415)
}
