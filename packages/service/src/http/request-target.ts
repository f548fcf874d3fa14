import type { IncomingHttpHeaders } from 'node:http'

/** Paths without a route that no client can send, for targets that cannot be decoded: hooks see those requests too. */
export const undecodable = { path: '/ path', query: '/ query' }

const absoluteForm = /^https?:\/\/((?:[a-z\d.-]+|\[[\da-f:.]+\])(?::\d*)?)(?=[/?]|$)/i

type Target = { url?: string | undefined; headers?: IncomingHttpHeaders }

/**
 * For `rewriteUrl`: the target as a path with its query, whatever form it came in. The host of an absolute target
 * takes the place of the Host header (RFC 9112, section 3.2.2), which must be there all the same.
 */
export function originForm({ url = '', headers }: Target): string {
  if (url.startsWith('/')) return url
  const [prefix, host] = absoluteForm.exec(url) ?? []
  if (prefix === undefined) return url
  if (headers?.host !== undefined) headers.host = host
  const rest = url.slice(prefix.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * For `rewriteUrl`: the target in the one form that routes are looked up by, without a slash at the end of the path;
 * one of `undecodable` in the place of what is not UTF-8 in percent-encoding, which the parser of queries would read as
 * U+FFFD. What is not ASCII never gets here: Node refuses it.
 */
export function routableTarget(request: Target): string {
  const target = originForm(request)
  const end = target.indexOf('?')
  const path = end < 0 ? target : target.slice(0, end)
  if (!path.startsWith('/') || !isDecodable(path)) return undecodable.path
  if (end >= 0 && !isDecodable(target.slice(end))) return undecodable.query
  return /[^/]\/$/.test(path) ? path.slice(0, -1) + target.slice(path.length) : target
}

function isDecodable(text: string): boolean {
  if (!text.includes('%')) return true
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
