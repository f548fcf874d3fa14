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

/** Keeps only what Node's parser accepts in the value of a header. */
export function headerText(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .trim()
    .slice(0, 9000)
}
