import { orderCount, orderId, productCount, statusOf, type Users, users, uuid } from './data-set.ts'

export type Scenario = {
  title: string
  /** The users whose tokens are used in turn. */
  users: Users
  method: 'GET' | 'POST'
  path: (user: number, cursors: Cursors) => string
  /** Whether each request has its own Idempotency-Key. */
  keys?: boolean
  /** How many items an order has; 1 when absent. */
  items?: number
  /** Whether the next request of the connection cancels the order that was placed. */
  cancels?: boolean
  /** The number of connections that place orders; 48 when absent. */
  connections?: number
}

/** Cursors deep in heavy users' lists, by user. */
export type Cursors = Record<number, string>

export type ScenarioName = keyof typeof scenarios

const oneUser = { from: 4711, to: 4711 }

export const scenarios = {
  'first-page': {
    title: 'GET /orders, 20 rows, 10,000 tokens',
    users: users.typical,
    method: 'GET',
    path: () => '/orders?limit=20',
  },
  'one-token': {
    title: 'GET /orders, 20 rows, one token',
    users: oneUser,
    method: 'GET',
    path: () => '/orders?limit=20',
  },
  'heavy-user': {
    title: 'GET /orders of users with 100,000 orders',
    users: users.heavy,
    method: 'GET',
    path: () => '/orders?limit=20',
  },
  'deep-cursor': {
    title: 'the same, by cursor, after 99,000 rows',
    users: users.heavy,
    method: 'GET',
    path: (user, cursors) => `/orders?limit=20&cursor=${cursors[user]}`,
  },
  'limit-100': {
    title: 'GET /orders?limit=100',
    users: users.typical,
    method: 'GET',
    path: () => '/orders?limit=100',
  },
  'with-items': {
    title: 'GET /orders?include=items, 20 rows',
    users: users.typical,
    method: 'GET',
    path: () => '/orders?limit=20&include=items',
  },
  status: {
    title: 'GET /orders?status=…, at most 20 rows',
    users: users.typical,
    method: 'GET',
    path: (user) => `/orders?limit=20&status=${statusOf(user, 1)}`,
  },
  'one-order': {
    title: 'GET /orders/:id',
    users: users.typical,
    method: 'GET',
    path: (user) => `/orders/${orderId(user, 1 + (user % orderCount(user)))}`,
  },
  post: { title: 'POST /orders', users: users.shoppers, method: 'POST', path: () => '/orders' },
  'post-with-key': {
    title: 'POST /orders with Idempotency-Key',
    users: users.shoppers,
    method: 'POST',
    path: () => '/orders',
    keys: true,
  },
  'post-with-key-128': {
    title: 'the same at 128 connections',
    users: users.shoppers,
    method: 'POST',
    path: () => '/orders',
    keys: true,
    connections: 128,
  },
  'post-alone': {
    title: 'POST /orders by one client alone',
    users: users.shoppers,
    method: 'POST',
    path: () => '/orders',
    connections: 1,
  },
  'post-with-key-alone': {
    title: 'the same with Idempotency-Key',
    users: users.shoppers,
    method: 'POST',
    path: () => '/orders',
    keys: true,
    connections: 1,
  },
  'post-three-items': {
    title: 'POST /orders of three items',
    users: users.shoppers,
    method: 'POST',
    path: () => '/orders',
    items: 3,
  },
  'post-and-cancel': {
    title: 'POST /orders and POST /orders/:id/cancel in turn',
    users: users.shoppers,
    method: 'POST',
    path: () => '/orders',
    cancels: true,
  },
  operators: {
    title: 'GET /admin/orders, 20 of a million rows',
    users: users.operators,
    method: 'GET',
    path: () => '/admin/orders?limit=20',
  },
  'operators-deep': {
    title: 'the same, after half a million rows',
    users: users.operators,
    method: 'GET',
    path: () => '/admin/orders?limit=20&createdTo=2025-11-01T00:00:00Z',
  },
} satisfies Record<string, Scenario>

export const scenarioNames = Object.keys(scenarios) as ScenarioName[]

export type Request = {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string
}

/** Returns the requests of a scenario, one per user. `tokens[0]` belongs to user 1. */
export function requestsOf(
  scenario: Scenario,
  { tokens, cursors, path }: { tokens: string[]; cursors: Cursors; path?: string | undefined },
): Request[] {
  const requests: Request[] = []
  for (let user = scenario.users.from; user <= scenario.users.to; user++) {
    const authorization = `Bearer ${tokens[user - 1]}`
    const target = path ?? scenario.path(user, cursors)
    if (scenario.method === 'GET') requests.push({ method: 'GET', path: target, headers: { authorization } })
    else {
      const body = JSON.stringify(newOrder(user, scenario.items))
      const headers = { authorization, 'content-type': 'application/json' }
      requests.push({ method: 'POST', path: target, headers, body })
    }
  }
  return requests
}

function newOrder(user: number, itemCount = 1) {
  const items = Array.from({ length: itemCount }, (_, item) => ({
    productId: uuid(1 + ((user + item) % productCount)),
    quantity: 1,
  }))
  return itemCount === 1 ? items[0] : { items }
}
