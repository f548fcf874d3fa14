import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Transform } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FastifyRequest } from 'fastify'

// The same choices as in nginx.conf: docs/decisions/0038-browsers.md has the reasons.

const compressible = /^application\/(?:problem\+)?json *(?:;|$)/i
const minBytes = 1000
/** nginx compresses no others. */
const statuses = new Set([200, 403, 404])
/** Answers with tokens, for whose cookie a client need not ask: their length must not tell what they contain. */
const hasTokens = /^\/users\/(?:login|refresh)\/?(?:\?|$)/

type Answer = { statusCode: number; headers: IncomingHttpHeaders }

/** Returns the changed headers and what to pass the body through, if an answer can be compressed; otherwise undefined. */
export function compressed(
  { headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>,
  answer: Answer,
): { headers: OutgoingHttpHeaders; encoder?: Transform } | undefined {
  const length = answer.headers['content-length']
  if (
    !statuses.has(answer.statusCode) ||
    answer.headers['content-encoding'] !== undefined ||
    !compressible.test(answer.headers['content-type'] ?? '') ||
    (length !== undefined && Number(length) < minBytes) ||
    hasTokens.test(raw.url ?? '')
  )
    return undefined
  const vary = { vary: joinVary(answer.headers.vary, 'Accept-Encoding') }
  if (raw.httpVersion !== '1.1' || !acceptsGzip(headers['accept-encoding'])) return { headers: vary }
  const { etag } = answer.headers
  return {
    headers: {
      ...vary,
      'content-encoding': 'gzip',
      'content-length': undefined,
      // the bytes are others now
      ...(etag && { etag: etag.startsWith('W/') ? etag : `W/${etag}` }),
    },
    encoder: createGzip({ level: 5 }),
  }
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  const codings = String(header ?? '').split(',')
  return codings.some((coding) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/i.test(coding))
}

/** Returns a Vary of all fields, each once. */
export function joinVary(...values: (string | string[] | number | undefined)[]): string | undefined {
  const names = values.flatMap((value) => (value === undefined ? [] : String(value).split(/\s*,\s*/)))
  const byName = new Map(names.filter(Boolean).map((name) => [name.toLowerCase(), name]))
  return byName.size > 0 ? [...byName.values()].join(', ') : undefined
}
