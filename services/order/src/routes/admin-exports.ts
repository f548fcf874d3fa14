import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import type { ErrorDetail } from '@shop/service/errors'
import { commonCodes, problem, problems } from '@shop/service/http/responses'
import { Uuid } from '@shop/service/schemas'
import { throwIfInvalid } from '@shop/service/validation'
import { type Static, Type } from 'typebox'
import { spreadsheetCsv } from '../csv.ts'
import type { ExportLinks } from '../db/export-links.ts'
import { checkExportFilters } from '../db/export-repository.ts'
import type { ExportOrders } from '../export-orders.ts'
import { Instant } from '../instants.ts'
import { OrderStatusSchema, orderStatuses } from '../order.ts'
import {
  createdLink,
  downloadQuery,
  downloadResponse,
  linkDescription,
  sendDownload,
  sendLink,
} from './export-answers.ts'

const Filters = Type.Object(
  {
    status: Type.Optional(
      Type.Array(OrderStatusSchema, {
        minItems: 1,
        maxItems: orderStatuses.length,
        uniqueItems: true,
        description: 'Orders with one of these.',
      }),
    ),
    createdFrom: Type.Optional({ ...Instant, description: 'Only orders placed at this time or later.' }),
    createdTo: Type.Optional({ ...Instant, description: 'Only orders placed before this time.' }),
    userId: Type.Optional(Uuid),
    productId: Type.Optional({ ...Uuid, description: 'The product of any item.' }),
  },
  { title: 'ExportFilters', additionalProperties: false },
)

const createLinkSchema = {
  summary: "Create a one-use address to download all users' orders",
  description: `${linkDescription} Filters can be combined like this: status with userId; productId alone; each also with createdFrom and createdTo. Other combinations are refused with unsupported_filters.`,
  tags: ['operators'],
  operationId: 'createExportLinkAsOperator',
  security: bearerSecurity,
  body: Type.Object(
    {
      format: Type.Enum(['ndjson', 'csv', 'excel'], {
        type: 'string',
        description:
          'excel is CSV as spreadsheet programs open it: with a byte order mark, and separators as in the locale.',
      }),
      locale: Type.Optional(
        Type.String({
          pattern: '^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$',
          maxLength: 35,
          description: 'BCP 47; only with the format excel. en when absent.',
          examples: ['de-DE'],
        }),
      ),
      filters: Type.Optional(Filters),
    },
    { title: 'NewOperatorsExportLink', additionalProperties: false },
  ),
  response: {
    201: createdLink,
    ...problem(400, [...commonCodes[400], 'unsupported_filters']),
    ...problems(401, 403, 413, 415, 500, 503),
  },
}

type LinkRequest = Static<typeof createLinkSchema.body>

const downloadSchema = {
  summary: "Download all users' orders from a one-use address",
  description: 'Requires no access token: the address itself is the secret. It works once.',
  tags: ['operators'],
  operationId: 'downloadExportAsOperator',
  querystring: downloadQuery,
  response: downloadResponse,
}

export type AdminExportRoutes = {
  exportOrders: ExportOrders
  exportLinks: ExportLinks
  verifyToken: VerifyToken
}

export const adminExportRoutes: FastifyPluginAsyncTypebox<AdminExportRoutes> = async (
  app,
  { exportOrders, exportLinks: links, verifyToken },
) => {
  app.register(async (operators) => {
    operators.addHook('onRequest', authenticate(verifyToken))
    operators.addHook('onRequest', requireRole('admin'))

    operators.post<{ Body: LinkRequest }>(
      '/admin/exports',
      { schema: createLinkSchema },
      async ({ user, body }, reply) => {
        throwIfInvalid(localeErrors(body))
        checkExportFilters(body.filters ?? {})
        return sendLink(reply, {
          links,
          kind: 'all',
          path: '/admin/exports/download',
          link: { userId: user.id, request: body },
        })
      },
    )
  })

  app.get('/admin/exports/download', { schema: downloadSchema }, async (request, reply) =>
    sendDownload(request, reply, { links, exportOrders, kind: 'all', party: 'operator' }),
  )
}

function localeErrors({ format, locale }: LinkRequest): ErrorDetail[] {
  if (locale === undefined) return []
  if (format !== 'excel') return [{ pointer: '/locale', detail: 'must come with the format excel' }]
  return spreadsheetCsv(locale)
    ? []
    : [{ pointer: '/locale', detail: 'must be a known locale, such as de-DE' }]
}
