import type { FastifyRequest } from 'fastify'
import { formatRefreshToken, parseRefreshToken, type RefreshToken } from './refresh-token.ts'

export const refreshCookieName = 'refresh_token'

export type RefreshCookie = ReturnType<typeof createRefreshCookie>

/**
 * Returns functions that read and write the refresh cookie: not readable by scripts, not sent from other
 * sites, and sent to this service only. With an `issuer` that is an http: URL, as in the demo, it is also sent
 * without TLS.
 */
export function createRefreshCookie({ issuer }: { issuer: string }) {
  const secure = /^http:/i.test(issuer) ? '' : '; Secure'
  const attributes = `Path=/users; HttpOnly; SameSite=Strict${secure}`

  return {
    /**
     * Returns the token of the request's refresh cookie. Of several with this name, one may have been planted
     * by another host of the same site, so then none is returned.
     */
    read({ headers }: Pick<FastifyRequest, 'headers'>): RefreshToken | undefined {
      const values = (headers.cookie ?? '')
        .split(';')
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${refreshCookieName}=`))
        .map((pair) => pair.slice(refreshCookieName.length + 1))
      return values.length === 1 ? parseRefreshToken(values[0] as string) : undefined
    },

    /** Returns the value of Set-Cookie that stores the token. */
    store: (token: RefreshToken, maxAgeSeconds: number) =>
      `${refreshCookieName}=${formatRefreshToken(token)}; Max-Age=${maxAgeSeconds}; ${attributes}`,

    /** The value of Set-Cookie that deletes the cookie. */
    cleared: `${refreshCookieName}=; Max-Age=0; ${attributes}`,
  }
}
