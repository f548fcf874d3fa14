import type { IncomingHttpHeaders } from 'node:http'

/**
 * Stand-ins for targets that cannot be decoded, so that hooks see those requests too. No client can send a
 * space.
 */
export const undecodable = { path: '/ path', query: '/ query' }

const absoluteForm = /^https?:\/\/((?:[a-z\d.-]+|\[[\da-f:.]+\])(?::\d*)?)(?=[/?]|$)/i

type Target = { url?: string | undefined; headers?: IncomingHttpHeaders }

/**
 * For `rewriteUrl`: returns the target as path and query. The host of an absolute target replaces the Host
 * header (RFC 9112, section 3.2.2), which is still required.
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
 * For `rewriteUrl`: returns the target in the form that routes are found by, without a slash at the end of
 * the path, or one of `undecodable` if it is not UTF-8 in percent-encoding: the query parser would read
 * U+FFFD. Node itself refuses targets that are not ASCII.
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
