import { answer, type CallOptions, type ConnectionOptions, createConnection } from './connection.ts'
import type { TokenSupplier } from './transport.ts'
import type { Answer, Body, User } from './types.ts'

export type SessionOptions = Omit<ConnectionOptions, 'token'>

export type Session = ReturnType<typeof createSession>

/** A token is renewed when it is valid for less than this. */
const renewalMs = 30_000

/**
 * Logs in at the shop's own User service, and keeps the access token in memory. `token` is for createShop: it
 * renews the token by the refresh cookie before it expires, and restores the session of a page that was loaded
 * again. Browsers keep the cookie; elsewhere it is kept here.
 */
export function createSession(options: SessionOptions = {}) {
  const { api, transport } = createConnection(options)
  let current: { token: string; expiresAt: number } | undefined
  let cookie: string | undefined
  let renewal: Promise<void> | undefined
  let isLoggedOut = false
  /** Raised by each login and logout, after which the answer to an earlier refresh no longer counts. */
  let generation = 0

  /** A refresh may be repeated: its cookie is good for another 30 s after its use. */
  const refreshing = () => ({
    body: {},
    fetch: (request: Request) => transport.send(request, { anonymous: true, repeatable: true }),
    ...(cookie !== undefined && { headers: { cookie } }),
  })

  function keep({ accessToken, expiresIn }: Answer<'login'>, response: Response) {
    current = { token: accessToken, expiresAt: Date.now() + expiresIn * 1000 }
    isLoggedOut = false
    keepCookie(response)
  }

  /** Always empty in browsers, which hide the cookie from pages. */
  function keepCookie(response: Response) {
    const [set] = response.headers.getSetCookie()
    if (set !== undefined) cookie = set.split(';', 1)[0]
  }

  /** Leaves a refresh under way to itself. */
  function beginGeneration() {
    renewal = undefined
    return ++generation
  }

  async function renew() {
    const begunIn = generation
    const result = await api.POST('/users/refresh', refreshing())
    if (generation !== begunIn) return
    if (result.response.status === 401) {
      current = undefined
      isLoggedOut = true
    } else keep(await answer(Promise.resolve(result)), result.response)
  }

  function startRenewal() {
    const started = renew().finally(() => {
      if (renewal === started) renewal = undefined
    })
    return started
  }

  const token: TokenSupplier = async ({ rejected }) => {
    const isFresh = current && current.expiresAt - Date.now() > renewalMs && current.token !== rejected
    if (!isFresh && !isLoggedOut) {
      // requests that start at the same time share one refresh
      renewal ??= startRenewal()
      await renewal
    }
    return current?.token
  }

  return {
    token,

    /** Opens an account. Throws ShopError `email_taken`; log in afterwards. */
    register(account: Body<'register'>, call: CallOptions = {}): Promise<User> {
      return answer(api.POST('/users/register', { body: account, ...call }))
    },

    /** Throws ShopError `invalid_credentials`. */
    async logIn(credentials: Body<'login'>, call: CallOptions = {}): Promise<void> {
      const result = await api.POST('/users/login', { body: credentials, ...call })
      const granted = await answer(Promise.resolve(result))
      beginGeneration()
      keep(granted, result.response)
    },

    /** Ends the session here and at the server. */
    async logOut(): Promise<void> {
      const begun = beginGeneration()
      current = undefined
      isLoggedOut = true
      await answer(api.POST('/users/logout', refreshing()))
      if (generation === begun) cookie = undefined
    },

    /** Whether there is a session, or one that the refresh cookie restores. */
    async isLoggedIn(): Promise<boolean> {
      return (await token({ rejected: undefined })) !== undefined
    },
  }
}
