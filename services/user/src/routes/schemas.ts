import { problem } from '@shop/service/http/responses'
import type { onSendHookHandler } from 'fastify'
import type { ClientAddress } from '../client-address.ts'
import type { CredentialLimits } from '../credential-limits.ts'
import { refreshCookieName } from '../refresh-cookie.ts'

// What the schemas of several routes have in common.

const tooManyAttempts = problem(429, ['too_many_requests'])

const quotaHeaders = {
  'RateLimit-Policy': {
    type: 'string',
    description:
      'The limits, as in draft-ietf-httpapi-ratelimit-headers-10: q requests in w seconds. A gateway may add its own.',
  },
  RateLimit: {
    type: 'string',
    description: 'For a limit, the r requests left, and the t seconds until all are.',
  },
}

/** Returns the answers of a route whose requests are counted by address. */
export function limited<Responses extends Record<number, object>>(responses: Responses) {
  const entries = Object.entries({ ...responses, ...tooManyAttempts }).map(([status, response]) => {
    const { headers = {} } = response as { headers?: object }
    return [status, { ...response, headers: { ...headers, ...quotaHeaders } }]
  })
  return Object.fromEntries(entries) as Responses & typeof tooManyAttempts
}

/** Returns an onSend hook for these routes, which tells what is left, beside the limit that a refusal names. */
export function tellQuota(dependencies: {
  limits: CredentialLimits
  clientAddress: ClientAddress
}): onSendHookHandler {
  const { limits, clientAddress } = dependencies
  return (request, reply, _payload, done) => {
    for (const [name, value] of Object.entries(limits.quotaHeaders(clientAddress(request)))) {
      const named = reply.getHeader(name)
      reply.header(name, named ? `${value}, ${named}` : value)
    }
    done()
  }
}

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
