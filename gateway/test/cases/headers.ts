import type { GatewayCase } from './case.ts'
import { arrival, json, order } from './order.ts'

const own = {
  accept: 'application/json',
  authorization: 'Bearer abc',
  'last-event-id': '0a1b2c3d.1042',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=1',
  'user-agent': 'shop-app/1.0',
  'x-request-id': 'trace-1.a:b_c',
}
const forged = [
  'cookie',
  'forwarded',
  'proxy',
  'proxy-authorization',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-user',
  'x-http-method-override',
  'x-original-url',
  'x-real-ip',
  'x-user-id',
  'x-user-role',
  'x_user_id',
]
const addresses = { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' }
const sentHeaders = [
  ...Object.entries(own).map(([name, value]) => `${name}: ${value}`),
  ...forged.map((name) => `${name}: admin`),
  'x-forwarded-for: 6.6.6.6',
  'x-forwarded-proto: https',
]
const arrivingHeaders = {
  ...own,
  ...addresses,
  ...Object.fromEntries(forged.map((name) => [name, undefined])),
}

const hopHeaders = [
  'Connection: close, X-Forwarded-For, X-Request-ID, Authorization',
  'Keep-Alive: timeout=5',
  'TE: trailers',
  'Trailer: X-User-Id',
  'Proxy-Connection: keep-alive',
  'Expect: 100-continue',
  'X-Request-ID: trace-2',
  'Authorization: Bearer abc',
]
const noHopHeaders = {
  ...addresses,
  'x-request-id': 'trace-2',
  authorization: 'Bearer abc',
  'keep-alive': undefined,
  te: undefined,
  trailer: undefined,
  'proxy-connection': undefined,
  expect: undefined,
}

/** Which headers a service sees. */
export const headerCases: Record<string, GatewayCase> = {
  'a list with two tokens': {
    target: '/orders',
    headers: ['Authorization: Bearer abc', 'Authorization: Bearer def'],
    status: 400,
    code: 'bad_request',
  },
  'an order with the same token twice': {
    ...order,
    headers: [json, 'Authorization: Bearer abc', 'Authorization: Bearer abc'],
    status: 400,
    code: 'bad_request',
  },
  'headers of the caller arrive, forged ones do not': {
    target: '/orders',
    headers: sentHeaders,
    arrives: arrival(arrivingHeaders, 'GET /orders'),
  },
  'headers of a stream arrive, forged ones do not': {
    target: '/orders/stream',
    headers: sentHeaders,
    arrives: arrival(arrivingHeaders, 'GET /orders/stream'),
  },
  'headers of an order arrive, forged ones do not': {
    ...order,
    headers: [json, ...sentHeaders],
    arrives: arrival(arrivingHeaders),
  },
  'headers of the connection do not arrive, and Connection removes no other': {
    target: '/orders',
    headers: hopHeaders,
    arrives: arrival(noHopHeaders, 'GET /orders'),
  },
  'headers of the connection of an order do not arrive': {
    ...order,
    headers: [json, ...hopHeaders],
    arrives: arrival(noHopHeaders),
  },
  ...Object.fromEntries(
    [undefined, '', 'a b', 'a"b', '<script>', 'x'.repeat(129)].map((id) => [
      `the request id ${id?.slice(0, 10)} is replaced`,
      {
        target: '/orders',
        headers: id === undefined ? [] : [`X-Request-ID: ${id}`],
        arrives: arrival({ 'x-request-id': /^[\da-f-]{32,36}$/ }, 'GET /orders'),
      } satisfies GatewayCase,
    ]),
  ),
  'headers of 40 KB': {
    target: '/orders',
    headers: [`X-Long: ${'x'.repeat(40_000)}`],
    status: 431,
    code: 'headers_too_large',
  },
}
