import type { Arrival } from './case.ts'

export const json = 'Content-Type: application/json'
/** An order as it is placed. */
export const order = { method: 'POST', target: '/orders', headers: [json], body: '{}' }
export const arrival = (headers: Arrival['headers'], line = 'POST /orders') => ({
  line,
  headers: headers ?? {},
})
