// Requests that two parsers could read differently, as raw text: a client library would normalise them.

const host = 'Host: shop\r\n'
/** The text that an attacker wants the service to read as a second request. */
const smuggled = 'GET /orders/smuggled HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n'
const post = (headers: string, body: string) => `POST /orders HTTP/1.1\r\n${host}${headers}\r\n\r\n${body}`
const get = (target: string, headers = host, version = '1.1') =>
  `GET ${target} HTTP/${version}\r\n${headers}Connection: close\r\n\r\n`
const chunked = 'Transfer-Encoding: chunked'
const endless = `0\r\n\r\n${smuggled}`

/** Answered with a single 400 bad_request; nothing arrives at a service. */
export const refused: Record<string, string> = {
  'a length and chunks, the length longer': post(`Content-Length: ${endless.length}\r\n${chunked}`, endless),
  'chunks and a length, the length shorter': post(
    `${chunked}\r\nContent-Length: 4`,
    `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
  ),
  'two lengths': post('Content-Length: 2\r\nContent-Length: 90', `{}${smuggled}`),
  'the same length twice': post('Content-Length: 2\r\nContent-Length: 2', '{}'),
  'a list of lengths': post('Content-Length: 2, 90', `{}${smuggled}`),
  'a length with a sign': post('Content-Length: +2', '{}'),
  'a length in hexadecimal': post('Content-Length: 0x2', '{}'),
  'a negative length': post('Content-Length: -2', '{}'),
  'a length beyond 64 bits': post('Content-Length: 18446744073709551618', `{}${smuggled}`),
  'a space before the colon of Content-Length': post(`Content-Length : ${smuggled.length}`, smuggled),
  'a space before the colon of Transfer-Encoding': post(
    `Transfer-Encoding : chunked\r\nContent-Length: ${endless.length}`,
    endless,
  ),
  'a folded Transfer-Encoding': post(
    `Transfer-Encoding:\r\n chunked\r\nContent-Length: ${endless.length}`,
    endless,
  ),
  'a folded header': get('/orders', `${host}X-A: a\r\n b\r\n`),
  'Transfer-Encoding twice': post(`${chunked}\r\nTransfer-Encoding: identity`, endless),
  'chunked, but not last': post('Transfer-Encoding: chunked, identity', endless),
  'another coding with chunked': post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'),
  'identity with a length': post('Transfer-Encoding: identity\r\nContent-Length: 2', '{}'),
  'an unknown coding': post('Transfer-Encoding: xchunked', endless),
  'a control character in the coding': post(
    `Transfer-Encoding: \u000bchunked\r\nContent-Length: ${endless.length}`,
    endless,
  ),
  'chunks in HTTP/1.0': `POST /orders HTTP/1.0\r\n${host}${chunked}\r\n\r\n0\r\n\r\n`,
  'a size of a chunk in the notation of C': post(chunked, '0x2\r\n{}\r\n0\r\n\r\n'),
  'a size of a chunk beyond 64 bits': post(chunked, `10000000000000002\r\n{}\r\n${endless}`),
  'a negative size of a chunk': post(chunked, `-2\r\n{}\r\n${endless}`),
  'a bare CR in a header': get('/orders', `${host}X: a\rTransfer-Encoding: chunked\r\n`),
  'NUL in a header': get('/orders', `${host}X: a\u0000b\r\n`),
  'a space before a header': get('/orders', ` Host: a\r\n${host}`),
  'the absolute form of another scheme': get('ftp://shop/orders'),
  'the absolute form with a user': get('http://user@shop/orders'),
  'the absolute form without a host': get('http:///orders'),
  'the absolute form without Host': get('http://shop/orders', ''),
  'the absolute form with a Host that has a space': get('http://shop/orders', 'Host: a b\r\n'),
  'the absolute form with an escape': get('http://shop/orders%2f1'),
  'the absolute form with a dot segment': get('http://shop/orders/../metrics'),
  'the authority form': `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n`,
  'the asterisk form': `OPTIONS * HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'HTTP/2.0 in letters': get('/orders', host, '2.0'),
  'HTTP/1.2': get('/orders', host, '1.2'),
  'no host': get('/orders', ''),
  'two hosts': get('/orders', `${host}Host: evil.test\r\n`),
  'an empty host': get('/orders', 'Host:\r\n'),
  'a host with a space': get('/orders', 'Host: a b\r\n'),
  'a host with a path': get('/orders', 'Host: shop/../evil\r\n'),
  'bytes beyond ASCII in the path': get('/orders/\xe9'),
  'NUL in the path': get('/orders/\u0000'),
  'an overlong dot': get('/orders/%c0%ae%c0%ae/metrics'),
  'a dot segment behind a semicolon': get('/orders;/../metrics'),
  'an escaped slash': get('/orders%2f..%2fmetrics'),
  'an escaped backslash': get('/orders/..%5cmetrics'),
  'an empty segment': get('/orders//metrics'),
  'an empty segment at the end': get('/orders//'),
  'an empty segment at the beginning': get('//orders'),
  'a host in the place of a path': get('//metrics/orders'),
  'a fragment': get('/orders#/metrics'),
  'a fragment in the query': get('/orders?a#b'),
  'bytes beyond ASCII in the query': get('/orders?a=\xe9'),
  'dot segments': get('/orders/../metrics'),
  'a dot segment at the end': get('/orders/..'),
  'a single dot': get('/orders/./1'),
  'escaped dots': get('/orders/%2e%2e/metrics'),
  'escaped dots and slash': get('/orders/%2E%2E%2Fmetrics'),
  'a dot segment with an escaped slash': get('/orders/..%2fmetrics'),
  'escapes that were escaped': get('/orders/%252e%252e/metrics'),
  'a letter that is escaped': get('/%6frders'),
  'no escape after %': get('/orders/%zz'),
  'an escaped NUL': get('/orders/%00'),
  backslashes: get('/orders\\..\\metrics'),
  'a semicolon behind a dot segment': get('/orders/..;/metrics'),
  'a hidden folder': get('/.git/orders'),
  'a path without a slash': get('orders'),
  'an asterisk': get('*'),
}

/** The gateway may read each in one of these ways, and the service must then see the same messages. */
export const understood: [name: string, request: string, arrivals: string[][]][] = [
  [
    'lines that end in a bare LF',
    'GET /orders HTTP/1.1\nHost: shop\nConnection: close\n\n',
    [[], ['GET /orders']],
  ],
  [
    'a header behind a bare LF',
    post(`X: a\nContent-Length: ${smuggled.length}\r\nConnection: close`, smuggled),
    [[], ['POST /orders']],
  ],
  [
    'a bare LF behind the extension of a chunk',
    post(chunked, `2;a\n{}\r\n${endless}`),
    [[], ['POST /orders', 'GET /orders/smuggled']],
  ],
  [
    'a bare LF behind the data of a chunk',
    post(chunked, `2\r\n{}\n${endless}`),
    [[], ['POST /orders', 'GET /orders/smuggled']],
  ],
  [
    'extensions of chunks',
    post(`Connection: close\r\n${chunked}`, '2;a=b;c="d"\r\n{}\r\n0;x\r\n\r\n'),
    [['POST /orders']],
  ],
  [
    'an expectation',
    post('Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2', '{}'),
    [['POST /orders']],
  ],
  [
    'an unknown expectation',
    post('Connection: close\r\nExpect: 200-maybe\r\nContent-Length: 2', '{}'),
    [['POST /orders']],
  ],
  [
    'a body where none is expected',
    get('/orders', `${host}Content-Length: ${smuggled.length}\r\n`) + smuggled,
    [['GET /orders']],
  ],
  [
    'a trailer',
    post(
      `Connection: close\r\n${chunked}`,
      '2\r\n{}\r\n0\r\nX-User-Id: admin\r\nAuthorization: Bearer x\r\n\r\n',
    ),
    [[], ['POST /orders']],
  ],
  [
    'a length with an underscore',
    post('Connection: close\r\nContent_Length: 90\r\nContent-Length: 2', `{}${smuggled}`),
    [['POST /orders']],
  ],
  ['empty lines before the request', `\r\n\r\n${get('/orders')}`, [['GET /orders']]],
  [
    'a refused request before another',
    `GET /orders/%2e%2e HTTP/1.1\r\n${host}\r\n${smuggled}`,
    [[], ['GET /orders/smuggled']],
  ],
  [
    'a body that is too large, with a request in it',
    `POST /orders HTTP/1.1\r\n${host}Content-Length: 70000\r\n\r\n${smuggled.padEnd(70_000)}`,
    [[]],
  ],
  [
    'a body where none is expected, with a request in it',
    `POST /nowhere HTTP/1.1\r\n${host}Connection: close\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    [[]],
  ],
]
