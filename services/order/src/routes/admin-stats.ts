import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { problems, success } from '@shop/service/http/responses'
import { Timestamp } from '@shop/service/schemas'
import { Type } from 'typebox'
import { maxDays, type StatsRepository } from '../db/stats-repository.ts'
import { zonePattern } from '../local-days.ts'

const Day = (description: string, example: string) =>
  Type.String({ format: 'date', pattern: '^\\d{4}-\\d\\d-\\d\\d$', description, examples: [example] })

const Total = (description: string) =>
  Type.Object(
    {
      count: Type.Integer({ minimum: 0 }),
      amount: Type.Integer({ minimum: 0, description: 'In minor units of the currency.' }),
    },
    { title: 'Total', description },
  )

const DayTotals = Type.Object(
  {
    date: Day('In the time zone.', '2026-03-29'),
    startsAt: { ...Timestamp, description: 'The first moment of the day.' },
    endsAt: {
      ...Timestamp,
      description: 'The first moment after the day, which has 23 or 25 hours when the clocks change.',
    },
    currencies: Type.Array(
      Type.Object(
        {
          currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.' }),
          placed: Total('Orders placed on the day, whatever became of them.'),
          paid: Total('Payments of the day, for orders of any day, those after a cancellation included.'),
          refunded: Total('Refunds of the day, for orders of any day.'),
        },
        { title: 'CurrencyTotals' },
      ),
      { description: 'One entry for each currency that anything happened in; they cannot be added up.' },
    ),
  },
  { title: 'DayTotals' },
)

const defaultZone = 'UTC'

const getStatsSchema = {
  summary: 'Orders and money by day and currency',
  description: `Money counts on the day on which it moved. An answer can be a minute old; meta.computedAt says when it was made.`,
  tags: ['operators'],
  operationId: 'getStats',
  security: bearerSecurity,
  querystring: Type.Object(
    {
      from: Day('The first day.', '2026-03-01'),
      to: Day(`The last day, which is included; at most ${maxDays} days in all.`, '2026-03-31'),
      tz: Type.Optional(
        Type.String({
          pattern: zonePattern,
          maxLength: 64,
          default: defaultZone,
          description: 'The IANA time zone in which days begin and end.',
          examples: ['Europe/Berlin', 'UTC'],
        }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: success(
      'Every day of the range, the first one first.',
      Type.Object(
        {
          data: Type.Array(DayTotals),
          meta: Type.Object(
            {
              from: Type.String(),
              to: Type.String(),
              tz: Type.String(),
              computedAt: Timestamp,
            },
            { title: 'StatsMeta' },
          ),
        },
        { title: 'Stats' },
      ),
    ),
    ...problems(400, 401, 403, 500, 503),
  },
}

export type AdminStatsRoutes = { stats: StatsRepository; verifyToken: VerifyToken }

export const adminStatsRoutes: FastifyPluginAsyncTypebox<AdminStatsRoutes> = async (
  app,
  { stats, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))
  app.addHook('onRequest', requireRole('admin'))

  app.get('/admin/stats', { schema: getStatsSchema }, async ({ query: { from, to, tz = defaultZone } }) => {
    const { days, computedAt } = await stats.findStats({ from, to, tz })
    return { data: days, meta: { from, to, tz, computedAt } }
  })
}
