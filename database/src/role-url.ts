import type { Role } from './services.ts'

/** Returns the URL of the same database for another role. */
export function urlForRole(databaseUrl: string, role: Role): string {
  const url = new URL(databaseUrl)
  // pg prefers these parameters to the user and password before the @
  url.searchParams.delete('user')
  url.searchParams.delete('password')
  // the setters do not encode %
  url.username = encodeURIComponent(role.name)
  url.password = encodeURIComponent(role.password)
  if (url.username) return url.href
  // a URL without a host, such as one for a socket, cannot hold a user
  url.searchParams.set('user', role.name)
  url.searchParams.set('password', role.password)
  return url.href
}
