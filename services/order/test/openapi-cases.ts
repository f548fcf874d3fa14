import type { Cases } from '@shop/tests/kit/openapi/operations'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createFeedRepository, type FeedRepository } from '../src/db/feed-repository.ts'
import { insertOrder, insertProduct, insertUser, type TestApp } from './app.ts'
import { epoch } from './streams/feed.ts'

/** The headers of each kind of caller. */
type Callers = Record<'customer' | 'operator', { authorization: string }>

/** Returns requests for exports. An address works once, so each case has its own. */
export async function exportCases({ app }: TestApp, { customer, operator }: Callers): Promise<Cases> {
  const linkOf = async (url: string, headers: { authorization: string }, body: object) =>
    (await app.inject({ method: 'POST', url, headers, body })).json().url as string
  const create = (url: string, headers: { authorization: string }, body: object) => ({ url, headers, body })
  const unknown = 'A'.repeat(43)
  const own = '/orders/export/download'
  const all = '/admin/exports/download'
  return {
    'GET /orders/export': {
      200: [
        { url: '/orders/export', headers: customer },
        { url: '/orders/export', headers: { ...customer, accept: 'text/csv' } },
      ],
      406: [{ url: '/orders/export', headers: { ...customer, accept: 'text/html' } }],
    },
    'POST /orders/export': {
      201: [create('/orders/export', customer, { format: 'csv' })],
      400: [create('/orders/export', customer, { format: 'excel' })],
    },
    'GET /orders/export/download': {
      200: [
        { url: await linkOf('/orders/export', customer, { format: 'ndjson' }) },
        { url: await linkOf('/orders/export', customer, { format: 'csv' }) },
      ],
      400: [{ url: own }],
      404: [{ url: `${own}?token=${unknown}` }],
    },
    'POST /admin/exports': {
      201: [create('/admin/exports', operator, { format: 'excel', locale: 'de', filters: {} })],
      400: [create('/admin/exports', operator, { format: 'csv', locale: 'de' })],
      403: [create('/admin/exports', customer, { format: 'csv' })],
    },
    'GET /admin/exports/download': {
      200: [{ url: await linkOf('/admin/exports', operator, { format: 'ndjson' }) }],
      400: [{ url: all }],
      404: [{ url: `${all}?token=${unknown}` }],
    },
    'GET /currencies': { 200: [{ url: '/currencies' }] },
  }
}

/**
 * Returns a feed that is that of the app, but for `crowdedId`, whose streams take their places and never open. `app` is
 * only called later.
 */
export function feedWithCrowd(app: () => TestApp, crowdedId: string): FeedRepository {
  const feed = () => createFeedRepository(app().pipeline)
  return {
    readEvents: (...given) => feed().readEvents(...given),
    readEventsOfUser: (userId, ...given) =>
      userId === crowdedId ? new Promise(() => undefined) : feed().readEventsOfUser(userId, ...given),
    readOrders: (...given) => feed().readOrders(...given),
  }
}

/** Returns requests for streams; those of the user `crowdedId` have taken all their places. */
export async function streamCases(
  { app, database }: TestApp,
  { customer, crowdedId }: Pick<Callers, 'customer'> & { crowdedId: string },
): Promise<Cases> {
  const crowded = await asUser(crowdedId)
  for (let taken = 0; taken < 10; taken++) void app.inject({ url: '/orders/stream', headers: crowded })
  await database.owner.query({ text: 'UPDATE relay_state SET oldest = 2' })
  const stream = (headers: Record<string, string>, query = '') => ({ url: `/orders/stream${query}`, headers })
  return {
    'GET /orders/stream': {
      200: [stream(customer)],
      400: [stream({ ...customer, 'last-event-id': 'x' }), stream(customer, '?after=x')],
      409: [stream(customer, '?after=otherone.1'), stream(customer, `?after=${epoch}.9`)],
      410: [stream({ ...customer, 'last-event-id': `${epoch}.0` })],
      429: [stream(crowded)],
    },
  }
}

/** Returns requests for erasures, one of which has to wait for an open order. */
export async function erasureCases(
  { app, database }: TestApp,
  { customer, operator }: Callers,
): Promise<Cases> {
  const [withOpenOrder, withoutOrders] = [await insertUser(database), await insertUser(database)]
  await insertOrder(database, { userId: withOpenOrder, productId: await insertProduct(database) })
  const requested = await insertUser(database)
  await app.inject({
    method: 'POST',
    url: '/admin/erasures',
    headers: operator,
    body: { userId: requested },
  })
  const erase = (userId: string, headers = operator) => ({
    url: '/admin/erasures',
    headers,
    body: { userId },
  })
  const get = (userId: string, headers = operator) => ({ url: `/admin/erasures/${userId}`, headers })
  return {
    'POST /admin/erasures': {
      200: [erase(withoutOrders)],
      202: [erase(withOpenOrder)],
      400: [erase('x')],
      403: [erase(withoutOrders, customer)],
    },
    'GET /admin/erasures/{userId}': {
      200: [get(requested)],
      400: [get('x')],
      403: [get(requested, customer)],
      404: [get(uuidv7())],
    },
  }
}

/** Returns requests for what operators read. The first one asks the User service too, so that its failures show. */
export function operatorsReadCases({ customer, operator, orderId }: Callers & { orderId: string }): Cases {
  const list = (query: string, headers = operator) => ({ url: `/admin/orders${query}`, headers })
  const get = (id: string, headers = operator) => ({ url: `/admin/orders/${id}`, headers })
  const stats = (query: string, headers = operator) => ({ url: `/admin/stats${query}`, headers })
  const days = '?from=2026-03-01&to=2026-03-31'
  return {
    'GET /admin/orders': {
      200: [
        list('?email=alice@example.com'),
        list(''),
        list(`?id=${orderId}&include=items&countUpTo=1`),
        list('?email=nobody@example.com'),
      ],
      400: [list('?limit=0'), list('?cursor=x'), list(`?productId=${orderId}&status=paid`)],
      403: [list('', customer)],
    },
    'GET /admin/orders/{id}': {
      200: [get(orderId)],
      400: [get('x')],
      403: [get(orderId, customer)],
      404: [get(uuidv7())],
    },
    'GET /admin/stats': {
      200: [stats(days), stats(`${days}&tz=Europe/Berlin`)],
      400: [stats(''), stats(`${days}&tz=Nowhere`), stats('?from=2026-03-01&to=2026-09-01')],
      403: [stats(days, customer)],
    },
  }
}
