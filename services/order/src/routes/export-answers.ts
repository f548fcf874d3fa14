import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { AppError } from '@shop/service/errors'
import { commonCodes, locationHeader, problem, problems, success } from '@shop/service/http/responses'
import { Timestamp } from '@shop/service/schemas'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  type ExportKind,
  type ExportLink,
  type ExportLinks,
  linkLifetimeSeconds,
} from '../db/export-links.ts'
import { csvType, ndjsonType, orderWriter } from '../export-format.ts'
import type { Export, ExportOrders } from '../export-orders.ts'
import { OrderDetails } from '../order.ts'
import type { Party } from '../transitions.ts'

/** The entry of a 200 whose body is an export. */
export const exportContent = {
  description:
    'The orders with their items, newest first, as NDJSON (one order per line) or CSV (one row per item, after a header; docs/api.md lists the columns). The body is sent in chunks while it is read: if the connection ends without the last chunk, the export is incomplete.',
  headers: {
    'Content-Disposition': {
      type: 'string',
      description: 'Names the file, e.g. attachment; filename="orders-2026-03-01.csv".',
      required: true,
    },
  },
  content: {
    [ndjsonType]: { schema: OrderDetails },
    [csvType]: { schema: Type.String() },
  },
}

/**
 * How long the reader of an export may take nothing, in milliseconds. Much longer than for other answers: a socket's
 * buffer of megabytes accepts more only when a third of it is free, which takes a slow reader a minute.
 */
const maxStallMs = 120_000

/** Sends an export as an attachment. A failure from here on breaks the transfer off. */
export function sendExport(request: FastifyRequest, reply: FastifyReply, { content, ...file }: Export) {
  const { socket } = request.raw
  // an injected request has none
  if (socket instanceof Socket) {
    // the server sets its own time-out again before the next request
    socket.setTimeout(maxStallMs)
    // HTTP/1.0 has no last chunk: to its clients, an orderly end of the connection is the end of a whole answer
    content.once('error', () => socket.resetAndDestroy())
  }
  return reply
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${file.filename}"`)
    .type(file.contentType)
    .send(content)
}

const CreatedLink = Type.Object(
  {
    url: Type.String({
      format: 'uri-reference',
      description: 'Where to download the export.',
      examples: ['/orders/export/download?token=3q2-7wAwT0uVqk0mTXqk7Q'],
    }),
    expiresAt: Timestamp,
  },
  { title: 'ExportLink' },
)

/** What routes that create the address of an export have in common. */
export const linkDescription = `The address can be opened without an access token, as a browser does with a link, once and within ${linkLifetimeSeconds} seconds. It is a secret: whoever has it can download the export.`

export const createdLink = success('The address of the export.', CreatedLink, locationHeader)

/** Answers with a new address below `path`. */
export async function sendLink(
  reply: FastifyReply,
  { links, kind, path, link }: { links: ExportLinks; kind: ExportKind; path: string; link: ExportLink },
) {
  const { token, expiresAt } = await links.createLink(kind, link)
  const url = `${path}?token=${token}`
  reply.code(201).header('location', url)
  return { url, expiresAt }
}

export const downloadQuery = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 200, description: 'From the address that was returned.' }),
  },
  { additionalProperties: false },
)

/** The entry of a 503 where an export starts. */
export const exportsUnavailable = problem(503, [...commonCodes[503], 'exports_busy'])

export const downloadResponse = {
  200: exportContent,
  ...problems(400, 500),
  ...problem(404, ['export_not_found']),
  ...exportsUnavailable,
}

type Download = { links: ExportLinks; exportOrders: ExportOrders; kind: ExportKind; party: Party }

/**
 * Sends the export of a one-use address. HEAD, with which programs look at links before people open them, leaves it
 * unused. Throws AppError 404 `export_not_found`, the same for an unknown, used and expired address.
 */
export async function sendDownload(
  request: FastifyRequest<{ Querystring: { token: string } }>,
  reply: FastifyReply,
  { links, exportOrders, kind, party }: Download,
) {
  const { token } = request.query
  const link = await links.findLink(kind, token)
  if (!link) throw notFound()
  if (request.method === 'HEAD') return sendHead(request, reply, link, party)
  const started = await exportOrders({
    ...link,
    party,
    log: request.log,
    // last, so that an export that cannot start leaves the address usable
    confirm: async () => {
      if (!(await links.consumeLink(kind, token))) throw notFound()
    },
  })
  return sendExport(request, reply, started)
}

function sendHead(
  request: FastifyRequest,
  reply: FastifyReply,
  { request: { format } }: ExportLink,
  party: Party,
) {
  const { contentType, extension } = orderWriter(format, party)
  return sendExport(request, reply, {
    contentType,
    filename: `orders.${extension}`,
    content: Readable.from([]),
  })
}

const notFound = () =>
  new AppError(
    404,
    'export_not_found',
    `There is no export at this address: it works once, for ${linkLifetimeSeconds} seconds.`,
  )
