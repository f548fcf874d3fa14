const text = { type: 'string' }
const integer = { type: 'integer' }
const timestamp = { type: 'string', format: 'date-time' }

/**
 * Fastify validates the query with it, and serializes the answer without inspecting the type of each value.
 */
export const listOrdersSchema = {
  querystring: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      offset: { type: 'integer', minimum: 0, maximum: 10_000, default: 0 },
    },
  },
  response: {
    200: {
      type: 'object',
      properties: {
        data: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              id: text,
              userId: text,
              productId: text,
              productName: text,
              itemCount: integer,
              totalAmount: integer,
              refundedAmount: integer,
              currency: text,
              status: text,
              version: integer,
              createdAt: timestamp,
              updatedAt: timestamp,
            },
          },
        },
        meta: { type: 'object', properties: { count: integer, limit: integer, offset: integer } },
      },
    },
  },
}
