import fc from 'fast-check'
import { hostileText } from './hostile-values.ts'

export const contentType = fc.oneof(
  { weight: 12, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'application/json; charset=utf-16',
      'APPLICATION/JSON',
      'application/json, text/plain',
      'application/merge-patch+json',
      'application/json;;;=',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'application',
      '*/*',
      '',
      '\u00ff',
    ),
  },
)

export const oddMethod = fc.constantFrom(
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'PATCH',
  'POST',
  'GET',
  'TRACE',
  'PROPFIND',
  'QUERY',
)

export const badAuthorization = fc.oneof(
  fc.constantFrom(
    undefined,
    '',
    'Bearer',
    'Bearer x',
    'Basic YTpi',
    'Bearer a.b.c',
    `Bearer ${'x'.repeat(9000)}`,
  ),
  hostileText.map(headerText),
)

export const oddHeader = fc.tuple(
  fc.constantFrom(
    'accept',
    'accept-encoding',
    'accept-version',
    'connection',
    'content-encoding',
    'cookie',
    'forwarded',
    'host',
    'if-match',
    'if-none-match',
    'idempotency-key',
    'origin',
    'range',
    'traceparent',
    'tracestate',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-http-method-override',
    'x-original-url',
    'x-request-id',
    'x-user-id',
    '__proto__',
    'constructor',
  ),
  fc
    .oneof(
      hostileText,
      fc.constantFrom('*', '*/*', 'gzip', 'bytes=0-', 'bytes=9-1', '"x"', '127.0.0.1', 'DELETE'),
    )
    .map(headerText),
)

/** Returns values of Cookie with the named cookies: valid ones, changed ones, several of the same name, nonsense. */
export function cookieHeader(names: string[], values: string[]): fc.Arbitrary<string | undefined> {
  if (names.length === 0) return fc.constant(undefined)
  const hostile = hostileText.map(headerText)
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('', ...values) },
    { weight: 2, arbitrary: hostile },
    fc.constantFrom(...values).chain((valid) => fc.nat(valid.length).map((length) => valid.slice(0, length))),
    fc.base64String({ minLength: 60, maxLength: 68 }),
  )
  const pair = fc.tuple(fc.constantFrom(...names), value).map(([name, text]) => `${name}=${text}`)
  return fc.oneof(
    { weight: 6, arbitrary: pair },
    fc.array(fc.oneof(pair, hostile), { maxLength: 4 }).map((pairs) => pairs.join('; ')),
    fc.constant(undefined),
  )
}

/** Keeps only what Node's parser accepts in the value of a header. */
export function headerText(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .trim()
    .slice(0, 9000)
}
