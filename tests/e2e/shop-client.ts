import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

/** The gateway's origin. */
export function baseUrl(): URL {
  return new URL(process.env.E2E_BASE_URL || 'http://127.0.0.1:8080')
}

export type Answer = {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the assertions check what has come
  body: any
  text: string
}

export type Call = { method?: string; token?: string; headers?: Record<string, string>; json?: unknown }

/** Sends one request as a shopper's client does. A `json` that is text or bytes is sent unchanged. */
export async function call(path: string, { method, token, headers, json }: Call = {}): Promise<Answer> {
  const response = await fetch(baseUrl().origin + path, {
    method: method ?? (json === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    signal: AbortSignal.timeout(30_000),
    headers: {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body:
      json === undefined
        ? null
        : typeof json === 'string' || json instanceof Uint8Array
          ? json
          : JSON.stringify(json),
  })
  const text = await response.text()
  const isJson = /^application\/(?:problem\+)?json\b/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : undefined,
    text,
  }
}

/** Asserts that `answer` is a problem (RFC 9457) with that status and code, and carries the request's id. */
export function assertProblem(answer: Answer, status: number, code: string) {
  assert.deepEqual([answer.status, answer.body?.code], [status, code], answer.text)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json\b/)
  const { type, title, detail, requestId } = answer.body
  assert.equal(answer.body.status, status)
  assert.ok(type && title && detail, answer.text)
  assert.equal(requestId, answer.headers.get('x-request-id'))
}

export type Shopper = { id: string; email: string; password: string; token: string }

const password = 'correct horse battery staple'

/** Opens a new account and logs in. */
export async function newShopper(name: string): Promise<Shopper> {
  const email = `${name}-${randomUUID()}@example.com`
  const registered = await call('/users/register', { json: { email, password, name } })
  assert.equal(registered.status, 201, registered.text)
  const { id } = registered.body
  assert.equal(registered.headers.get('location'), `/users/${id}`)
  return { id, email, password, token: await logIn(email) }
}

export async function logIn(email: string, secret = password): Promise<string> {
  const answer = await call('/users/login', { json: { email, password: secret } })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.body.tokenType, 'Bearer')
  return answer.body.accessToken
}

/** Logs in as an admin, by default that of the demo data. */
export async function logInAsAdmin(): Promise<string> {
  const { E2E_ADMIN_EMAIL = 'admin@example.com', E2E_ADMIN_PASSWORD = 'demo-password' } = process.env
  return logIn(E2E_ADMIN_EMAIL, E2E_ADMIN_PASSWORD)
}

export type Product = { id: string; name: string; unitAmount: number; currency: string }

/** Returns the newest products of one currency, that of the newest product which has enough. */
export async function anyProducts(count: number): Promise<Product[]> {
  const { status, body, text } = await call('/products?limit=100')
  assert.equal(status, 200, text)
  const products = body.data as Product[]
  const enough = [...new Set(products.map(({ currency }) => currency))]
    .map((currency) => products.filter((product) => product.currency === currency))
    .find((alike) => alike.length >= count)
  assert.ok(enough, 'the catalogue has too few products: the demo data is missing')
  return enough.slice(0, count)
}

/** Returns the newest product in the catalogue. */
export async function anyProduct(): Promise<Product> {
  const [product] = await anyProducts(1)
  return product as Product
}

/** Places an order for `products`, one, two, three … of each, and returns the answer. */
export async function placeOrder({ token }: Shopper, products: Product[], extra: object = {}) {
  const items = products.map(({ id }, index) => ({ productId: id, quantity: index + 1 }))
  const placed = await call('/orders', { token, json: { items, ...extra } })
  assert.equal(placed.status, 201, placed.text)
  return placed
}
