import createClient, { defaultPathSerializer } from 'openapi-fetch'
import type { paths } from './document.ts'
import { ShopError } from './errors.ts'
import { createTransport, type TransportOptions } from './transport.ts'

export type ConnectionOptions = TransportOptions & {
  /** The gateway's address. Pages may leave it out if they come from there. */
  baseUrl?: string
  /** Whether fetch sends cookies, for the refresh cookie of a page on another origin; `same-origin` by default. */
  credentials?: NonNullable<RequestInit['credentials']>
}

export type CallOptions = { signal?: AbortSignal }

export type Connection = ReturnType<typeof createConnection>

/** Returns openapi-fetch's client of the API, over a fetch that sends the token and repeats what it may. */
export function createConnection(options: ConnectionOptions) {
  const baseUrl = checkBaseUrl(options.baseUrl ?? pageOrigin())
  const transport = createTransport(options)
  const api = createClient<paths>({
    baseUrl,
    credentials: options.credentials ?? 'same-origin',
    fetch: (request) => transport.send(request),
    pathSerializer: serializePath,
  })
  return { api, baseUrl, transport }
}

function checkBaseUrl(baseUrl: string | undefined): string {
  if (baseUrl === undefined || !/^https?:\/\/[^/]/.test(baseUrl))
    throw new TypeError(`baseUrl: expected the http(s) address of the shop's gateway, got ${baseUrl}`)
  return baseUrl.replace(/\/+$/, '')
}

/** Like openapi-fetch's, but refuses ids that would lead to another path: encodeURIComponent keeps dots. */
function serializePath(path: string, parameters: Record<string, unknown>): string {
  for (const [name, value] of Object.entries(parameters))
    if (!/^[\w-]+$/.test(String(value))) throw new TypeError(`${name}: ${value} cannot be an id`)
  return defaultPathSerializer(path, parameters)
}

/** Returns the body of a successful answer. Throws ShopError for every other. */
export async function answer<Result extends { data?: unknown; error?: unknown; response: Response }>(
  result: Promise<Result>,
): Promise<NonNullable<Result['data']>> {
  const { data, error, response } = await result
  if (!response.ok) throw new ShopError(response, error)
  return data as NonNullable<Result['data']>
}

function pageOrigin(): string | undefined {
  return (globalThis as { location?: { origin: string } }).location?.origin
}
