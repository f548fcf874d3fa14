import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { success } from '@shop/service/http/responses'
import { Type } from 'typebox'
import { currencies } from '../currencies.ts'

const listCurrenciesSchema = {
  summary: 'The minor units of all currencies',
  description:
    'All amounts are integers in minor units: 4900 is 49.00 EUR, 4900 JPY and 4.900 KWD. Use this list instead of a library for display, because such libraries differ from ISO 4217 for some currencies.',
  tags: ['currencies'],
  operationId: 'listCurrencies',
  response: {
    200: success(
      'All currencies.',
      Type.Object(
        {
          data: Type.Array(
            Type.Object(
              {
                code: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.', examples: ['EUR'] }),
                minorUnits: Type.Integer({
                  minimum: 0,
                  maximum: 4,
                  description: 'How many decimals amounts have.',
                  examples: [2],
                }),
              },
              { title: 'Currency' },
            ),
          ),
        },
        { title: 'Currencies' },
      ),
    ),
  },
}

export const currencyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/currencies', { schema: listCurrenciesSchema }, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=86400')
    return { data: [...currencies] }
  })
}
