import type { GatewayCase } from './case.ts'
import { arrival } from './order.ts'

/** The refresh cookie reaches the two paths that read it, and no other. */
export const cookieCases: Record<string, GatewayCase> = {}

const cookie = 'theme=dark; refresh=a.b-c_d=='

for (const [target, path = target] of [
  ['/users/refresh'],
  ['/users/refresh/?a=b'],
  ['/users/logout'],
  ['/users/logout/'],
  ['http://shop/users/logout', '/users/logout'],
] as const) {
  cookieCases[`POST ${target} with a cookie`] = {
    method: 'POST',
    target,
    headers: [`Cookie: ${cookie}`],
    arrives: arrival({ cookie }, `POST ${path}`),
  }
}

cookieCases['POST /users/logout with two lines of cookies'] = {
  method: 'POST',
  target: '/users/logout',
  headers: ['Cookie: a=1', 'Cookie: b=2'],
  arrives: arrival({ cookie: 'a=1; b=2' }, 'POST /users/logout'),
}

for (const line of [
  'POST /users/login',
  'POST /users/refreshx',
  'POST /users/refresh/x',
  'POST /users/x/refresh',
  'GET /users?x=/users/refresh',
  'GET /users/me',
  'GET /products/users/refresh',
  'POST /orders',
  'POST /orders/1/cancel',
  'POST /orders/refresh/cancel?x=/users/logout',
  'POST /admin/orders/1/pay',
  'GET /admin/orders',
]) {
  const [method, target] = line.split(' ') as [string, string]
  cookieCases[`${line} loses its cookie`] = {
    method,
    target,
    headers: [`Cookie: ${cookie}`],
    arrives: arrival({ cookie: undefined }, line),
  }
}

for (const target of [
  '/users/refresh/../me',
  '/users/me/../refresh',
  'http://shop/users/refresh/../me',
  '/users/./refresh',
  '/users//refresh',
  '/users/%72efresh',
  '/users/refresh%2f..%2fme',
  '/users/refresh/%2e%2e/me',
  '/users/refresh;x',
]) {
  cookieCases[`POST ${target} with a cookie is refused`] = {
    method: 'POST',
    target,
    headers: [`Cookie: ${cookie}`],
    status: 400,
    code: 'bad_request',
  }
}
