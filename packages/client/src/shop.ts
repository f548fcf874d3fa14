import { type ChangeOptions, changing, changingOrder, type OrderReference } from './changes.ts'
import { answer, type CallOptions, type ConnectionOptions, createConnection } from './connection.ts'
import { type FollowOptions, followOrders } from './live.ts'
import { type ListQuery, pagedByCursor, pageQuery } from './paging.ts'
import type { Answer, Body, NewOrder, Order, OrderEvent, Product, Query, User } from './types.ts'

export type ShopOptions = ConnectionOptions

export type Shop = ReturnType<typeof createShop>

/**
 * What shoppers do. `token` is an access token, or a function that returns one: that of createSession, or of any
 * other provider that the shop trusts. Methods throw ShopError for errors of the API, ConnectionError without an
 * answer, and the reason of a signal that aborted them.
 */
export function createShop(options: ShopOptions = {}) {
  const connection = createConnection(options)
  const { api, baseUrl, transport } = connection
  const anonymous = { fetch: (request: Request) => transport.send(request, { anonymous: true }) }

  return {
    /** All operations, by method and path: openapi-fetch, with the same token and repetitions. */
    api,

    products: {
      list({ signal, cursor, ...query }: ListQuery<Query<'listProducts'>> = {}) {
        return pagedByCursor<Answer<'listProducts'>>(
          (next) =>
            answer(
              api.GET('/products', { ...anonymous, ...pageQuery(query, next), ...(signal && { signal }) }),
            ),
          cursor,
        )
      },
      get(id: string, call: CallOptions = {}): Promise<Product> {
        return answer(api.GET('/products/{id}', { ...anonymous, params: { path: { id } }, ...call }))
      },
      /** The minor units of all currencies, to show amounts. */
      async currencies(call: CallOptions = {}) {
        return (await answer(api.GET('/currencies', { ...anonymous, ...call }))).data
      },
    },

    orders: {
      /** The caller's orders, newest first. */
      list({ signal, cursor, ...query }: ListQuery<Query<'listOrders'>> = {}) {
        return pagedByCursor<Answer<'listOrders'>>(
          (next) => answer(api.GET('/orders', { ...pageQuery(query, next), ...(signal && { signal }) })),
          cursor,
        )
      },
      get(id: string, call: CallOptions = {}): Promise<Order> {
        return answer(api.GET('/orders/{id}', { params: { path: { id } }, ...call }))
      },
      async history(id: string, call: CallOptions = {}): Promise<OrderEvent[]> {
        return (await answer(api.GET('/orders/{id}/history', { params: { path: { id } }, ...call }))).data
      },
      /** Places an order once, however often the request has to be sent. */
      place(order: NewOrder, change: ChangeOptions = {}): Promise<Order> {
        return answer(api.POST('/orders', { body: order, ...changing(change) }))
      },
      /** Cancels a pending order. */
      cancel(
        order: OrderReference,
        body: Body<'cancelOrder'> = {},
        change: ChangeOptions = {},
      ): Promise<Order> {
        return answer(api.POST('/orders/{id}/cancel', { body, ...changingOrder(order, change) }))
      },
      /** An address for a download of all orders; it needs no token, works once and soon expires. */
      async exportLink(body: Body<'createExportLink'>, call: CallOptions = {}) {
        const link = await answer(api.POST('/orders/export', { body, ...call }))
        return { ...link, url: baseUrl + link.url }
      },
      /** What happens to the caller's orders, as it happens. */
      follow(follow: FollowOptions = {}) {
        return followOrders(connection, follow)
      },
    },

    account: {
      get(call: CallOptions = {}): Promise<User> {
        return answer(api.GET('/users/me', { ...call }))
      },
      change(body: Body<'changeMe'>, call: CallOptions = {}): Promise<User> {
        return answer(api.PATCH('/users/me', { body, ...call }))
      },
      /** Ends all sessions, this one too. */
      async changePassword(body: Body<'changePassword'>, call: CallOptions = {}): Promise<void> {
        await answer(api.POST('/users/me/password', { body, ...call }))
      },
      async delete(body: Body<'deleteMe'>, call: CallOptions = {}): Promise<void> {
        await answer(api.DELETE('/users/me', { body, ...call }))
      },
    },
  }
}
