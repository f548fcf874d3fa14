import type { GatewayCase } from './case.ts'
import { arrival, json, order } from './order.ts'

const gatewayKey = /^[\da-f-]{32,36}$/

const withKey = (...keys: string[]) => [json, ...keys.map((key) => `Idempotency-Key: ${key}`.trimEnd())]

/** How the key of a request that places or changes an order is forwarded. */
export const keyCases: Record<string, GatewayCase> = {
  'an order with a key': {
    ...order,
    headers: withKey('k1'),
    arrives: arrival({ 'idempotency-key': 'k1', 'x-gateway-idempotency-key': gatewayKey }),
  },
  'an order without a key': {
    ...order,
    arrives: arrival({ 'idempotency-key': undefined, 'x-gateway-idempotency-key': gatewayKey }),
  },
  'an order without a key, and a slash at the end': {
    ...order,
    target: '/orders/?a=b',
    arrives: arrival({ 'x-gateway-idempotency-key': gatewayKey }, 'POST /orders/?a=b'),
  },
  'an order in absolute form': {
    ...order,
    target: 'http://shop/orders',
    arrives: arrival({ 'x-gateway-idempotency-key': gatewayKey }),
  },
  'an order with an empty key': {
    ...order,
    headers: withKey(''),
    arrives: arrival({ 'idempotency-key': '' }),
  },
  'an order with two keys': {
    ...order,
    headers: withKey('k1', 'k2'),
    arrives: arrival({ 'idempotency-key': 'k1, k2' }),
  },
  'an order with the same key twice': {
    ...order,
    headers: withKey('k1', 'k1'),
    arrives: arrival({ 'idempotency-key': 'k1, k1' }),
  },
  'an order with an empty key before another': {
    ...order,
    headers: withKey('', 'k2'),
    arrives: arrival({ 'idempotency-key': ', k2' }),
  },
  'an order with an empty key after another': {
    ...order,
    headers: withKey('k1', ''),
    arrives: arrival({ 'idempotency-key': 'k1, ' }),
  },
  "an order with a key in the gateway's header": {
    ...order,
    headers: [json, 'X-Gateway-Idempotency-Key: chosen'],
    arrives: arrival({ 'idempotency-key': undefined, 'x-gateway-idempotency-key': gatewayKey }),
  },
  "a list with a key in the gateway's header": {
    target: '/orders',
    headers: ['X-Gateway-Idempotency-Key: chosen'],
    arrives: arrival({ 'x-gateway-idempotency-key': undefined }, 'GET /orders'),
  },
  'a request that places no order gets no key': {
    ...order,
    target: '/users/register',
    arrives: arrival({ 'x-gateway-idempotency-key': undefined }, 'POST /users/register'),
  },
}

for (const target of [
  '/orders/1/cancel',
  '/orders/1/cancel/?a=b',
  '/admin/orders/1/pay',
  '/admin/orders/1/refund/',
  '/admin/orders/1/note?a=b',
]) {
  const line = `POST ${target}`
  keyCases[`POST ${target} gets a key`] = {
    ...order,
    target,
    headers: [json, 'X-Gateway-Idempotency-Key: chosen'],
    arrives: arrival({ 'idempotency-key': undefined, 'x-gateway-idempotency-key': gatewayKey }, line),
  }
  keyCases[`POST ${target} with two keys`] = {
    ...order,
    target,
    headers: withKey('k1', ''),
    arrives: arrival({ 'idempotency-key': 'k1, ', 'x-gateway-idempotency-key': gatewayKey }, line),
  }
}

for (const line of [
  'POST /orders/1',
  'POST /orders/1/cancel/2',
  'POST /orders/1/history',
  'GET /orders/1/cancel',
  'PUT /admin/orders/1/pay',
  'POST /admin/orders',
  'POST /admin/orders/1',
  'POST /admin/orders/1/pay/2',
  'POST /admin/exports',
  'POST /admin/users/1/erase',
]) {
  const [method, target] = line.split(' ') as [string, string]
  keyCases[`${line} gets no key`] = {
    ...order,
    method,
    target,
    headers: [json, 'X-Gateway-Idempotency-Key: chosen'],
    arrives: arrival({ 'x-gateway-idempotency-key': undefined }, line),
  }
}
