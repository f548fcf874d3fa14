import type { GatewayCase } from './case.ts'

const leadsTo = (
  service: 'user' | 'product' | 'order' | 'relay',
  target: string,
  path = target,
): GatewayCase => ({
  target,
  arrives: { line: `GET ${path}`, service },
})

const routed: Record<string, GatewayCase> = {}
for (const [service, ...targets] of [
  ['user', '/users', '/users/', '/users/login?next=%2Forders&x=..%2F'],
  ['user', '/.well-known/jwks.json', '/.well-known/jwks.json/'],
  ['product', '/products?limit=5', '/products/1'],
  ['order', '/orders', '/orders/', '/orders/?status=paid'],
  ['order', '/orders/0190a000-0000-7000-8000-000000000001', '/orders/0190a000-0000-7000-8000-000000000001/'],
  ['order', '/orders?status=%ff', '/orders?a=100%'],
  ['order', '/orders/export', '/orders/export/download?token=abc'],
  ['order', '/orders/stream', '/orders/stream/', '/orders/stream?after=0a1b2c3d.1', '/orders/streams'],
  ['order', '/currencies', '/currencies/', '/currencies?x=1'],
  ['order', '/admin', '/admin/', '/admin/orders?status=paid', '/admin/exports/download?token=abc'],
  ['order', '/admin/eventsx', '/admin/webhooksx', '/admin/orders/events'],
  ['relay', '/admin/events', '/admin/events/', '/admin/events?after=latest&wait=30', '/admin/events/x'],
  ['relay', '/admin/webhooks', '/admin/webhooks/', '/admin/webhooks/1/deliveries?limit=5'],
] as const) {
  for (const target of targets) routed[`${target} arrives as it came`] = leadsTo(service, target)
}

const absolute: Record<string, GatewayCase> = {
  'the absolute form': leadsTo('order', 'http://shop/orders?limit=5', '/orders?limit=5'),
  'the absolute form of another host than Host': leadsTo(
    'order',
    'http://other.test:8080/orders/',
    '/orders/',
  ),
  'the absolute form of https': leadsTo('user', 'https://shop/users/me', '/users/me'),
  'the absolute form in capitals': leadsTo('order', 'HTTP://SHOP/orders', '/orders'),
  'the absolute form of an address': leadsTo('order', 'http://[::1]:80/orders', '/orders'),
  'the absolute form of a path that leads nowhere': {
    target: 'http://shop/metrics',
    status: 404,
    code: 'route_not_found',
  },
  'the absolute form without a path': { target: 'http://shop', status: 200 },
  'the absolute form with a query alone': { target: 'http://shop?a=b', status: 200 },
  'the absolute form of the health check': { target: 'http://shop/healthz', status: 200 },
}

const unreachable: Record<string, GatewayCase> = Object.fromEntries(
  [
    '/index.html',
    '/assets',
    '/deskx',
    '/metrics',
    '/docs/json',
    '/docs/docs.html',
    '/docsx',
    '/openapi.yaml',
    '/readyz',
    '/usersx',
    '/ORDERS',
    '/adminx',
    '/Admin/orders',
    '/currencies/EUR',
    '/currenciesx',
    '/.well-known/other',
    '/.well-known',
    '/problem',
    '/repeatable',
    '/late',
  ].map((target) => [`${target} leads nowhere`, { target, status: 404, code: 'route_not_found' }]),
)

const itself: Record<string, GatewayCase> = {
  'the home page is its own': { target: '/', status: 200 },
  'the desk is its own': { target: '/desk/orders?status=paid', status: 200 },
  'the health check is its own': { target: '/healthz', status: 200 },
  'the health check with a slash': { target: '/healthz/', status: 200 },
}

const methods: Record<string, GatewayCase> = Object.fromEntries(
  ['PUT', 'DELETE', 'OPTIONS', 'PROPFIND'].map((method) => [
    `${method} is for the service to refuse`,
    { method, target: '/orders', arrives: { line: `${method} /orders` } },
  ]),
)

/** Which service a path leads to, in any form of the target. */
export const routingCases = { ...routed, ...absolute, ...unreachable, ...itself, ...methods }
