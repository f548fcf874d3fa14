import type { Cases } from '@shop/tests/kit/openapi/operations'
import { v7 as uuidv7 } from 'uuid'
import type { TestApp } from '../app.ts'

type Headers = { authorization: string }

const url = '/admin/webhooks'

/** Returns requests for webhooks and their deliveries. */
export async function webhookCases(
  { app, database: { owner } }: TestApp,
  { operator, customer }: Record<'operator' | 'customer', Headers>,
): Promise<Cases> {
  const body = { url: 'http://127.0.0.1:9/' }
  const add = async () =>
    (await app.inject({ method: 'POST', url, headers: operator, body })).json().id as string
  const [id, removed, eventId] = [await add(), await add(), uuidv7()]
  await owner.query({
    text: `INSERT INTO webhook_deliveries (webhook_id, event_id, position, order_id, type, state, attempts, due_at,
             is_redelivery, created_at, updated_at)
           VALUES ($1, $2, 1, $2, 'placed', 'parked', 10, now(), false, now(), now())`,
    values: [id, eventId],
  })
  // one more reaches the maximum
  await owner.query({
    text: `INSERT INTO webhooks (id, url, ordered, description, cursor, created_at, updated_at)
           SELECT gen_random_uuid(), 'https://example.com/', false, '', 0, now(), now() FROM generate_series(1, 97)`,
  })

  /** Returns the cases of an operation on one webhook; `rest` follows its id in the path. */
  const one = (status: number, rest = '', options: { id?: string; body?: object } = {}) => {
    const request = (of: string, headers: Headers) => ({
      url: `${url}/${of}${rest}`,
      headers,
      ...(options.body && { body: options.body }),
    })
    return {
      [status]: [request(options.id ?? id, operator)],
      400: [request('x', operator)],
      403: [request(id, customer)],
      404: [request(uuidv7(), operator)],
    }
  }

  return {
    'GET /admin/webhooks': { 200: [{ url, headers: operator }], 403: [{ url, headers: customer }] },
    'POST /admin/webhooks': {
      201: [{ url, headers: operator, body }],
      400: [{ url, headers: operator, body: { url: 'https://10.0.0.1/' } }],
      403: [{ url, headers: customer, body }],
      409: [{ url, headers: operator, body }],
    },
    'GET /admin/webhooks/{id}': one(200),
    'PATCH /admin/webhooks/{id}': one(200, '', { body: { types: ['paid'] } }),
    'DELETE /admin/webhooks/{id}': one(204, '', { id: removed }),
    'POST /admin/webhooks/{id}/rotate-secret': one(200, '/rotate-secret'),
    'POST /admin/webhooks/{id}/ping': one(200, '/ping'),
    'GET /admin/webhooks/{id}/deliveries': one(200, '/deliveries'),
    'POST /admin/webhooks/{id}/deliveries/{eventId}/redeliver': one(202, `/deliveries/${eventId}/redeliver`),
    'POST /admin/webhooks/{id}/redeliver': one(202, '/redeliver?from=2026-01-01T00:00:00Z'),
  }
}
