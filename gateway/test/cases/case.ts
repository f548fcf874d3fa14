/** The request that arrives at the service. A header that is undefined must not arrive. */
export type Arrival = {
  line: string
  service?: 'user' | 'product' | 'order' | 'relay'
  headers?: Record<string, string | RegExp | undefined>
  /** Its bytes, as Latin-1. */
  body?: string
}

export type GatewayCase = {
  method?: string
  target: string
  headers?: string[]
  /** Its bytes, as Latin-1. */
  body?: string
  chunked?: boolean
} & ({ arrives: Arrival } | { status: number; code?: string })

/** Returns the request as text. */
export function requestText({ method = 'GET', target, headers = [], body, chunked }: GatewayCase): string {
  const framing =
    body === undefined ? [] : [chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`]
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: shop', 'Connection: close', ...headers, ...framing]
  const sent = chunked ? `${body?.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : (body ?? '')
  return `${lines.join('\r\n')}\r\n\r\n${sent}`
}
