import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { type AccessToken, Provider, type TokenParts } from 'oidc-provider'
import { cleanUp, type Lifetime } from './clean-up.ts'

export type Algorithm = 'RS256' | 'ES256'

export type OpenIdProvider = Awaited<ReturnType<typeof startOpenIdProvider>>

export type OpenIdProviderOptions = {
  /** What access tokens are signed with; RS256 when absent. */
  algorithm?: Algorithm
  /** The audience of access tokens. */
  audience?: string
  /** Changes access tokens before they are signed. */
  changeToken?: (parts: TokenParts, token: AccessToken) => void
}

const client = { id: 'shop-app', secret: 'a secret of the app' }
const redirectUri = 'https://app.test/callback'
/** The API that tokens are asked for (RFC 8707); the provider gives it an audience. */
const resource = 'https://orders.test'
const scopes = ['orders:read', 'orders:write', 'orders:admin']

/** What the provider stores; it complains of each without a lifetime. */
const artifacts = ['AccessToken', 'ClientCredentials', 'Grant', 'IdToken', 'Interaction', 'Session']

/**
 * Starts an OpenID provider, oidc-provider with its demonstration login, on a free port. Whoever logs in is the user with
 * that name.
 */
export async function startOpenIdProvider(t: Lifetime, options: OpenIdProviderOptions = {}) {
  const { algorithm = 'RS256', audience = 'shop', changeToken } = options
  let handle: RequestListener = () => undefined
  let keys = [await newKey(algorithm)]
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    handle(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const restart = () => {
    handle = createProvider({ issuer, keys, algorithm, audience, changeToken }).callback()
  }
  restart()

  return {
    issuer,
    requests: () => requests,
    /** Signs with a new key from now on, and publishes the old ones unless they are withdrawn. */
    async rotateKeys({ withdrawOld = false } = {}) {
      keys = [await newKey(algorithm), ...(withdrawOld ? [] : keys)]
      restart()
    },
    /** Returns the access token that a person gets by logging in (authorization code). */
    logIn: (name: string, scope = 'orders:read orders:write') => logIn(issuer, { name, scope }),
    /** Returns the access token that a program gets for itself (client credentials). */
    machineToken: (scope: string) =>
      requestToken(issuer, { grant_type: 'client_credentials', resource, scope }),
  }
}

async function newKey(algorithm: Algorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: algorithm, use: 'sig' }
}

function createProvider({
  issuer,
  keys,
  algorithm,
  audience,
  changeToken,
}: {
  issuer: string
  keys: JWK[]
  algorithm: Algorithm
  audience: string
  changeToken: OpenIdProviderOptions['changeToken']
}) {
  return new Provider(issuer, {
    jwks: { keys },
    clientDefaults: { id_token_signed_response_alg: algorithm },
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'client_credentials'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    scopes: ['openid', ...scopes],
    cookies: { keys: ['a key of cookies'] },
    ttl: Object.fromEntries(artifacts.map((name) => [name, 3600])),
    pkce: { required: () => false },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId }),
    }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: scopes.join(' '),
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt: (_context: unknown, token: AccessToken, parts: TokenParts) => changeToken?.(parts, token),
      },
    },
  })
}

async function requestToken(issuer: string, grant: Record<string, string>): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...grant, client_id: client.id, client_secret: client.secret }),
  })
  const { access_token: token } = (await response.json()) as { access_token?: string }
  if (!token) throw new Error(`The provider gave no token: ${response.status}`)
  return token
}

/** Does what a browser would: sends the forms of login and consent, and keeps the cookies. */
async function logIn(issuer: string, { name, scope }: { name: string; scope: string }): Promise<string> {
  const cookies = new Map<string, string>()
  /** Returns where the answer to a request leads. */
  const follow = async (url: string, form?: Record<string, string>): Promise<string> => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(key, value)
    }
    const location = response.headers.get('location')
    if (!location) throw new Error(`The provider leads nowhere from ${url}: ${response.status}`)
    return new URL(location, url).href
  }

  const parameters = {
    client_id: client.id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: `openid ${scope}`,
    resource,
  }
  let url = await follow(`${issuer}/auth?${new URLSearchParams(parameters)}`)
  for (const form of [{ prompt: 'login', login: name, password: 'any' }, { prompt: 'consent' }])
    url = await follow(await follow(url, form))
  const code = new URL(url).searchParams.get('code') ?? ''
  return requestToken(issuer, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, resource })
}
