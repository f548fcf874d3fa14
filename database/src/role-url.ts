import type { Role } from './services.ts'

/** Returns the URL of the same database for another role. */
export function urlForRole(databaseUrl: string, role: Role): string {
  const url = new URL(databaseUrl)
  // parameters would win over the part before the @
  url.searchParams.delete('user')
  url.searchParams.delete('password')
  // the setters escape everything but %
  url.username = encodeURIComponent(role.name)
  url.password = encodeURIComponent(role.password)
  if (url.username) return url.href
  // without a host, as for a socket, a URL has no place for a user
  url.searchParams.set('user', role.name)
  url.searchParams.set('password', role.password)
  return url.href
}
