import type { GatewayCase } from './case.ts'
import { json } from './order.ts'

/** Bodies are forwarded unchanged, up to the limit. */
export const bodyCases: Record<string, GatewayCase> = {}
for (const [method, target] of [
  ['POST', '/orders'],
  ['POST', '/users/login'],
  ['PATCH', '/products/1'],
] as const) {
  for (const chunked of [false, true]) {
    const by = `${method} ${target} ${chunked ? 'in chunks' : 'by its length'}`
    const line = `${method} ${target}`
    const send = (body: string, ...lines: string[]) => ({ method, target, chunked, body, headers: lines })
    bodyCases[`${by}: bytes that are not UTF-8 arrive as they came`] = {
      ...send('{"name":"\xff\xc3"}', json),
      arrives: { line, body: '{"name":"\xff\xc3"}', headers: { 'content-type': 'application/json' } },
    }
    bodyCases[`${by}: a charset arrives as it came`] = {
      ...send('{}', 'Content-Type: application/json; charset="ISO-8859-1"'),
      arrives: { line, headers: { 'content-type': 'application/json; charset="ISO-8859-1"' } },
    }
    bodyCases[`${by}: a coded body arrives as it came`] = {
      ...send('\x1f\x8b\x08\x00', json, 'Content-Encoding: gzip'),
      arrives: { line, body: '\x1f\x8b\x08\x00', headers: { 'content-encoding': 'gzip' } },
    }
    bodyCases[`${by}: a body of 64 KiB arrives whole`] = {
      ...send('x'.repeat(65_536), json),
      arrives: { line, body: 'x'.repeat(65_536), headers: { 'content-length': '65536' } },
    }
    bodyCases[`${by}: a larger body is refused`] = {
      ...send('x'.repeat(65_537), json),
      status: 413,
      code: 'body_too_large',
    }
  }
}
