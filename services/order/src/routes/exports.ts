import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireReading } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { AppError } from '@shop/service/errors'
import { problem, problems } from '@shop/service/http/responses'
import { type Static, Type } from 'typebox'
import type { ExportLinks } from '../db/export-links.ts'
import { csvType, ndjsonType, orderWriter } from '../export-format.ts'
import type { ExportOrders } from '../export-orders.ts'
import { preferredType } from './accept.ts'
import {
  createdLink,
  downloadQuery,
  downloadResponse,
  exportContent,
  exportsUnavailable,
  linkDescription,
  sendDownload,
  sendExport,
  sendLink,
} from './export-answers.ts'

const exportSchema = {
  summary: "All of the caller's own orders, as a file",
  description:
    'Accept chooses between application/x-ndjson, which is the default, and text/csv. Orders placed after the start are missing; no order is there twice.',
  tags: ['orders'],
  operationId: 'exportOrders',
  security: bearerSecurity,
  response: {
    200: exportContent,
    ...problems(401, 500),
    ...problem(406, ['not_acceptable']),
    ...exportsUnavailable,
  },
}

const createLinkSchema = {
  summary: "Create a one-use address to download the caller's own orders",
  description: linkDescription,
  tags: ['orders'],
  operationId: 'createExportLink',
  security: bearerSecurity,
  body: Type.Object(
    { format: Type.Enum(['ndjson', 'csv'], { type: 'string' }) },
    { title: 'NewExportLink', additionalProperties: false },
  ),
  response: { 201: createdLink, ...problems(400, 401, 413, 415, 500, 503) },
}

const downloadSchema = {
  summary: 'Download the orders of a one-use address',
  description: 'Requires no access token: the address itself is the secret. It works once.',
  tags: ['orders'],
  operationId: 'downloadExport',
  querystring: downloadQuery,
  response: downloadResponse,
}

const formats = { [ndjsonType]: 'ndjson', [csvType]: 'csv' } as const

export type ExportRoutes = { exportOrders: ExportOrders; exportLinks: ExportLinks; verifyToken: VerifyToken }

export const exportRoutes: FastifyPluginAsyncTypebox<ExportRoutes> = async (
  app,
  { exportOrders, exportLinks: links, verifyToken },
) => {
  app.register(async (owners) => {
    owners.addHook('onRequest', authenticate(verifyToken))

    owners.get('/orders/export', { schema: exportSchema }, async (request, reply) => {
      const type = preferredType(request.headers.accept, [ndjsonType, csvType])
      if (!type) {
        throw new AppError(406, 'not_acceptable', `Orders are exported as ${ndjsonType} or ${csvType}.`)
      }
      const format = formats[type]
      if (request.method === 'HEAD') {
        const { contentType, extension } = orderWriter(format, 'owner')
        const content = Readable.from([])
        return sendExport(request, reply, { contentType, filename: `orders.${extension}`, content })
      }
      const { user, log } = request
      return sendExport(
        request,
        reply,
        await exportOrders({ userId: user.id, party: 'owner', request: { format }, log }),
      )
    })

    owners.post<{ Body: Static<typeof createLinkSchema.body> }>(
      '/orders/export',
      { schema: createLinkSchema, onRequest: requireReading },
      async ({ user, body }, reply) =>
        sendLink(reply, {
          links,
          kind: 'own',
          path: '/orders/export/download',
          link: { userId: user.id, request: body },
        }),
    )
  })

  app.get('/orders/export/download', { schema: downloadSchema }, async (request, reply) =>
    sendDownload(request, reply, { links, exportOrders, kind: 'own', party: 'owner' }),
  )
}
