import { type ChangeOptions, changingOrder, type OrderReference } from './changes.ts'
import { answer, type CallOptions, type ConnectionOptions, createConnection } from './connection.ts'
import { type FeedOptions, followFeed } from './feed.ts'
import { type ListQuery, pagedByCursor, pageQuery } from './paging.ts'
import type { Answer, Body, Operation, OperatorOrder, Product, Query, Webhook } from './types.ts'

export type Operator = ReturnType<typeof createOperator>

/** An order after a change: without its history and customer. */
export type ChangedOrder = Answer<'payOrderAsOperator'>

type Verb = 'cancel' | 'pay' | 'ship' | 'track' | 'deliver' | 'refund' | 'readdress' | 'note' | 'revert'

/** What operators (role `admin`) do. `token` and errors are those of createShop. */
export function createOperator(options: ConnectionOptions = {}) {
  const connection = createConnection(options)
  const { api, baseUrl } = connection

  function change<Id extends Operation>(verb: Verb) {
    return (order: OrderReference, body: Body<Id>, options: ChangeOptions = {}): Promise<ChangedOrder> =>
      answer(
        api.POST(`/admin/orders/{id}/${verb}` as '/admin/orders/{id}/note', {
          // the document gives each verb its own body, and all of them the same answer
          body: body as Body<'noteOrderAsOperator'>,
          ...changingOrder(order, options),
        }),
      )
  }

  const path = (id: string, { signal }: CallOptions) => ({
    params: { path: { id } },
    ...(signal && { signal }),
  })

  return {
    /** All operations, by method and path: openapi-fetch, with the same token and repetitions. */
    api,

    orders: {
      /** The orders of all users that match, newest first. */
      list({ signal, cursor, ...query }: ListQuery<Query<'listOrdersAsOperator'>> = {}) {
        return pagedByCursor<Answer<'listOrdersAsOperator'>>(
          (next) =>
            answer(api.GET('/admin/orders', { ...pageQuery(query, next), ...(signal && { signal }) })),
          cursor,
        )
      },
      get(id: string, call: CallOptions = {}): Promise<OperatorOrder> {
        return answer(api.GET('/admin/orders/{id}', path(id, call)))
      },
      pay: change<'payOrderAsOperator'>('pay'),
      ship: change<'shipOrderAsOperator'>('ship'),
      track: change<'trackOrderAsOperator'>('track'),
      deliver(order: OrderReference, options: ChangeOptions = {}) {
        return change<'deliverOrderAsOperator'>('deliver')(order, {}, options)
      },
      refund: change<'refundOrderAsOperator'>('refund'),
      cancel: change<'cancelOrderAsOperator'>('cancel'),
      readdress: change<'readdressOrderAsOperator'>('readdress'),
      note: change<'noteOrderAsOperator'>('note'),
      revert: change<'revertOrderAsOperator'>('revert'),
      /** An address for a download; it needs no token, works once and soon expires. */
      async exportLink(body: Body<'createExportLinkAsOperator'>, call: CallOptions = {}) {
        const link = await answer(api.POST('/admin/exports', { body, ...call }))
        return { ...link, url: baseUrl + link.url }
      },
    },

    /** Follows the feed of events; page by page with `pages()`. */
    events(feed: FeedOptions = {}) {
      return followFeed(connection, feed)
    },

    stats(query: Query<'getStats'>, call: CallOptions = {}): Promise<Answer<'getStats'>> {
      return answer(api.GET('/admin/stats', { params: { query }, ...call }))
    },

    products: {
      create(body: Body<'createProduct'>, call: CallOptions = {}): Promise<Product> {
        return answer(api.POST('/products', { body, ...call }))
      },
      change(id: string, body: Body<'changeProduct'>, call: CallOptions = {}): Promise<Product> {
        return answer(api.PATCH('/products/{id}', { body, ...path(id, call) }))
      },
    },

    users: {
      /** Up to 100 users by their ids, or one by the email; unknown ones are left out. */
      async find(query: { ids: readonly string[] } | { email: string }, call: CallOptions = {}) {
        const parameters = 'ids' in query ? { ids: query.ids.join(',') } : query
        return (await answer(api.GET('/users', { params: { query: parameters }, ...call }))).data
      },
    },

    erasures: {
      /** Erases what the orders of a user say about people, now or when they are closed. */
      create(userId: string, call: CallOptions = {}): Promise<Answer<'eraseOrders'>> {
        return answer(api.POST('/admin/erasures', { body: { userId }, ...call }))
      },
      get(userId: string, call: CallOptions = {}): Promise<Answer<'getErasure'>> {
        return answer(api.GET('/admin/erasures/{userId}', { params: { path: { userId } }, ...call }))
      },
    },

    webhooks: {
      async list(call: CallOptions = {}): Promise<Webhook[]> {
        return (await answer(api.GET('/admin/webhooks', { ...call }))).data
      },
      get(id: string, call: CallOptions = {}): Promise<Webhook> {
        return answer(api.GET('/admin/webhooks/{id}', path(id, call)))
      },
      /** The answer has the secret, which is shown only once. */
      create(body: Body<'createWebhook'>, call: CallOptions = {}): Promise<Answer<'createWebhook'>> {
        return answer(api.POST('/admin/webhooks', { body, ...call }))
      },
      change(id: string, body: Body<'changeWebhook'>, call: CallOptions = {}): Promise<Webhook> {
        return answer(api.PATCH('/admin/webhooks/{id}', { body, ...path(id, call) }))
      },
      async delete(id: string, call: CallOptions = {}): Promise<void> {
        await answer(api.DELETE('/admin/webhooks/{id}', path(id, call)))
      },
      /** Returns the new secret; for a day, messages are signed with the old one as well. */
      rotateSecret(id: string, call: CallOptions = {}): Promise<Answer<'rotateWebhookSecret'>> {
        return answer(api.POST('/admin/webhooks/{id}/rotate-secret', path(id, call)))
      },
      ping(id: string, call: CallOptions = {}): Promise<Answer<'pingWebhook'>> {
        return answer(api.POST('/admin/webhooks/{id}/ping', path(id, call)))
      },
      /** What was not delivered at the first attempt, newest first. */
      deliveries(id: string, { signal, cursor, ...query }: ListQuery<Query<'listDeliveries'>> = {}) {
        return pagedByCursor<Answer<'listDeliveries'>>((next) => {
          const { params } = pageQuery(query, next)
          return answer(
            api.GET('/admin/webhooks/{id}/deliveries', {
              params: { ...params, path: { id } },
              ...(signal && { signal }),
            }),
          )
        }, cursor)
      },
      /** Sends one delivery again. */
      redeliver(id: string, eventId: string, call: CallOptions = {}): Promise<Answer<'redeliver'>> {
        return answer(
          api.POST('/admin/webhooks/{id}/deliveries/{eventId}/redeliver', {
            params: { path: { id, eventId } },
            ...call,
          }),
        )
      },
      /** Sends all events of a period again, and returns how many. */
      redeliverPeriod(
        id: string,
        query: Query<'redeliverPeriod'>,
        { signal }: CallOptions = {},
      ): Promise<Answer<'redeliverPeriod'>> {
        const params = { path: { id }, query }
        return answer(api.POST('/admin/webhooks/{id}/redeliver', { params, ...(signal && { signal }) }))
      },
    },
  }
}
