import { hash } from 'node:crypto'
import type { onSendHookHandler } from 'fastify'
import { Type } from 'typebox'
import { noContent } from './responses.ts'

/**
 * An onSend hook of routes that anyone may read: adds an ETag of the body, and answers 304 without the body to a
 * client that has it. The tag is weak, so that it is the same whether or not a proxy compresses the body. A cache may
 * keep the answer, but asks each time whether it is still right.
 */
export const revalidate: onSendHookHandler = (request, reply, payload, done) => {
  if (reply.statusCode !== 200 || typeof payload !== 'string') return done()
  const tag = `"${hash('sha1', payload, 'base64url')}"`
  reply.headers({ etag: `W/${tag}`, 'cache-control': 'public, no-cache' })
  if (!isNamed(tag, request.headers['if-none-match'])) return done()
  reply.code(304).removeHeader('content-type')
  done(null, null)
}

/** The weak comparison of RFC 9110, section 8.8.3.2. */
function isNamed(tag: string, ifNoneMatch: string | undefined): boolean {
  return ifNoneMatch === '*' || (ifNoneMatch?.match(/"[^"]*"/g)?.includes(tag) ?? false)
}

const headers = {
  ETag: { type: 'string', description: 'Of this content; for If-None-Match.', required: true },
  'Cache-Control': {
    type: 'string',
    enum: ['public, no-cache'],
    description: 'Caches may keep the answer, but ask before they use it again.',
    required: true,
  },
}

/** What the schema of a route with `revalidate` has besides its own. */
export const revalidated = {
  headers,
  requestHeaders: Type.Object({
    'if-none-match': Type.Optional(
      Type.String({ description: 'ETags of answers that the client has, or *.', examples: ['W/"3q2-7w"'] }),
    ),
  }),
  notModified: { 304: noContent('The client has the current content.', headers) },
}
