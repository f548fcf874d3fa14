import type { Arrival } from './case.ts'

export const json = 'Content-Type: application/json'
/** Returns a request that places an order. */
export const order = { method: 'POST', target: '/orders', headers: [json], body: '{}' }
export const arrival = (headers: Arrival['headers'], line = 'POST /orders') => ({
  line,
  headers: headers ?? {},
})
