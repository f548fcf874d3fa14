import { problem } from '@shop/service/http/responses'
import { refreshCookieName } from '../refresh-cookie.ts'

// What the schemas of several routes have in common.

export const tooManyAttempts = problem(429, ['too_many_requests'])

export const noStoreHeader = {
  'Cache-Control': { type: 'string', description: 'no-store', required: true },
}

/** Returns the header that stores or deletes the refresh cookie. */
export const setCookieHeader = ({ required }: { required: boolean }) => ({
  'Set-Cookie': {
    type: 'string',
    description: `The cookie ${refreshCookieName}: HttpOnly, SameSite=Strict, Path=/users, and Secure unless the shop is served without TLS.`,
    required,
  },
})

/** The refresh cookie, for the OpenAPI document. */
export const refreshCookieScheme = {
  refreshCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: refreshCookieName,
    description: 'Set by login and by every refresh; each of its values is exchanged for the next one.',
  },
} as const

/** The `security` of a route that requires the refresh cookie. */
export const refreshCookieSecurity = [{ refreshCookie: [] }]

/** The `security` of a route that authenticates, and that ends the session of the refresh cookie or renews it. */
export const bearerAndCookieSecurity = [{ bearer: [] }, { bearer: [], refreshCookie: [] }]
