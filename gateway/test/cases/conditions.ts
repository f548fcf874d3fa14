import type { GatewayCase } from './case.ts'
import { arrival, json } from './order.ts'

/** If-Match, If-None-Match and Accept arrive as they came. nginx refuses a second line of the first two, and so does its double. */
export const conditionCases: Record<string, GatewayCase> = {}

const changes = ['POST /orders/1/cancel', 'POST /admin/orders/1/ship']

for (const line of [...changes, 'POST /orders', 'GET /orders/1', 'PATCH /products/1', 'PATCH /users/me']) {
  const [method, target] = line.split(' ') as [string, string]
  for (const value of ['"3"', 'W/"3"', '"3", W/"4","5"', '*', '3', '"\xe9"', 'w/"3', '"a  b"']) {
    conditionCases[`${line} with If-Match: ${value}`] = {
      method,
      target,
      headers: [json, `If-Match: ${value}`],
      body: '{}',
      arrives: arrival({ 'if-match': value }, line),
    }
  }
}

for (const line of changes) {
  const [method, target] = line.split(' ') as [string, string]
  conditionCases[`${line} with an empty If-Match`] = {
    method,
    target,
    headers: ['If-Match:'],
    arrives: arrival({ 'if-match': '' }, line),
  }
  for (const values of [
    ['"3"', 'W/"4"'],
    ['"3"', '"3"'],
    ['"3"', ''],
    ['', '*'],
  ]) {
    conditionCases[`${line} with If-Match twice: ${values}`] = {
      method,
      target,
      headers: [json, ...values.map((value) => `If-Match: ${value}`.trimEnd())],
      body: '{}',
      status: 400,
      code: 'bad_request',
    }
  }
}

for (const line of ['GET /products', 'GET /products/1', 'GET /orders', 'POST /orders']) {
  const [method, target] = line.split(' ') as [string, string]
  for (const value of ['W/"3"', '"3", W/"4","5"', '*']) {
    conditionCases[`${line} with If-None-Match: ${value}`] = {
      method,
      target,
      headers: [`If-None-Match: ${value}`],
      arrives: arrival({ 'if-none-match': value }, line),
    }
  }
  conditionCases[`${line} with If-None-Match twice`] = {
    method,
    target,
    headers: ['If-None-Match: "3"', 'If-None-Match: "4"'],
    status: 400,
    code: 'bad_request',
  }
}

for (const line of ['GET /orders/export', 'GET /admin/exports/download?token=a', ...changes]) {
  const [method, target] = line.split(' ') as [string, string]
  const accept = 'text/csv;q=0.9, application/x-ndjson; header="present", */*;q=0'
  conditionCases[`${line} with Accept`] = {
    method,
    target,
    headers: [`Accept: ${accept}`],
    arrives: arrival({ accept }, line),
  }
  conditionCases[`${line} without Accept`] = {
    method,
    target,
    arrives: arrival({ accept: undefined, 'if-match': undefined }, line),
  }
}
