import fc from 'fast-check'

/**
 * Texts that have broken something somewhere: interpreters, encodings, parsers, prototypes, numbers, paths.
 */
export const hostileTexts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udc00b',
  '\ufeff',
  '\u202e\u2066',
  '\u0000\u0001\u001f\u007f\u0085',
  'e\u0301'.repeat(50),
  '👩‍👩‍👧‍👦'.repeat(20),
  '\r\nSet-Cookie: a=1\r\n\r\n<html>',
  '%0d%0aX: 1',
  "' OR 1=1 --",
  "'; DROP TABLE orders; --",
  "\\'; SELECT pg_sleep(9); --",
  '$1',
  '1); SELECT 1; --',
  'E\\x27',
  '../../../../etc/passwd',
  '..%2f..%2f',
  '..\\..\\',
  '/',
  '//evil.test/',
  'http://127.0.0.1:1/',
  'file:///etc/passwd',
  '{{7*7}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for other interpreters
  '${7*7}',
  '<script>alert(1)</script>',
  '%s%n%x',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  'true',
  '[object Object]',
  '-0',
  '1e309',
  '0x10',
  '９',
  '9007199254740993',
  '2147483648',
  '-2147483649',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '00000000-0000-7000-8000-0000000000a1\u0000',
  '{00000000-0000-7000-8000-0000000000a1}',
  '00000000000070008000000000000000a1',
  'infinity',
  '-infinity',
  'x'.repeat(300),
  'x'.repeat(9000),
]

export const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostileTexts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  // including halves of surrogate pairs
  {
    weight: 1,
    arbitrary: fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  },
)

const hostileNumber = fc.oneof(
  fc.constantFrom(
    -0,
    -1,
    0,
    1,
    1.5,
    1e21,
    1e308,
    5e-324,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    -(2 ** 63),
    0.1 + 0.2,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)

const hostileName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'toJSON',
    'length',
    'id',
    'userId',
    'role',
    '',
  ),
  hostileText,
)

/** Any JSON value; members are defined rather than assigned, so that `__proto__` becomes one too. */
export const hostileValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    hostileText,
    hostileNumber,
    fc.constantFrom(null, true, false, [], {}),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(hostileName, tie('value')), { maxLength: 4 }).map((members) => toObject(members)),
  ),
})).value

/** Returns an object with exactly these members, even `__proto__`. */
export function toObject(members: [name: string, value: unknown][]): Record<string, unknown> {
  const object = {}
  for (const [name, value] of members)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  return object
}

/** Bodies other than plain JSON in UTF-8. */
export const hostileBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .constantFrom(
      '{',
      '{"a":1}{"b":2}',
      '[1,]',
      "{'a':1}",
      '{"a":1,"a":2}',
      '\ufeff{}',
      '{"__proto__":{"role":"admin"}}',
      '{"constructor":{"prototype":{"role":"admin"}}}',
      '{"a":NaN}',
      '{"a":1e999}',
      '{"a":-1e999}',
      `{"a":${'9'.repeat(4000)}}`,
      '{"a":"\\ud800"}',
      '{"a":"\\u0000"}',
      '"text"',
      'null',
      '[]',
      '0',
      '\u0000',
      '['.repeat(30_000),
      `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
      `${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`,
      `[${'0,'.repeat(30_000)}0]`,
      `{${Array.from({ length: 4000 }, (_, index) => `"m${index}":0`)}}`,
      ' '.repeat(64 * 1024),
      `"${'x'.repeat(64 * 1024)}"`,
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
)
