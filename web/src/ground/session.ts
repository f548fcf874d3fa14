import { ConnectionError } from '@shop/client'

export type SessionState = 'unknown' | 'in' | 'out' | 'forbidden'

export type Session = ReturnType<typeof createSession>

type Token = { accessToken: string; expiresAt: number }

type Message = { type: 'token'; token: Token } | { type: 'ended' }

/** A token is renewed when it is valid for less than this. */
const renewalMs = 30_000

/**
 * The session of all tabs of this browser. Access tokens are in memory only; the refresh cookie, which scripts cannot
 * read, restores the session. One tab renews the token and hands it to the others. While nobody is logged in, whoever
 * needs a token waits until somebody is: what was about to be sent is sent then, with the same key.
 */
export function createSession({ role }: { role: string }) {
  const channel = new BroadcastChannel('session')
  const listeners = new Set<() => void>()
  let state: SessionState = 'unknown'
  let current: Token | undefined
  let renewal: Promise<void> | undefined

  function become(next: SessionState, token?: Token) {
    state = next
    current = token
    for (const listener of [...listeners]) listener()
  }

  const adopt = (token: Token) => become(roleOf(token.accessToken) === role ? 'in' : 'forbidden', token)
  const tell = (message: Message) => channel.postMessage(message)

  // a reload forgets all that was shown
  channel.onmessage = ({ data }: MessageEvent<Message>) =>
    data.type === 'token' ? adopt(data.token) : location.reload()

  function nextChange(): Promise<void> {
    return new Promise((resolve) => {
      const listener = () => {
        listeners.delete(listener)
        resolve()
      }
      listeners.add(listener)
    })
  }

  const usable = (rejected: string | undefined) =>
    state === 'in' &&
    current !== undefined &&
    current.accessToken !== rejected &&
    current.expiresAt - Date.now() > renewalMs

  async function keep(response: Response) {
    const { accessToken, expiresIn } = (await response.json()) as { accessToken: string; expiresIn: number }
    const token = { accessToken, expiresAt: Date.now() + expiresIn * 1000 }
    tell({ type: 'token', token })
    adopt(token)
  }

  async function renew(rejected: string | undefined) {
    await oneTabAtATime(async (hasWaited) => {
      // what the other tab got may arrive a moment after its lock
      if (hasWaited && !usable(rejected)) await Promise.race([nextChange(), pause(300)])
      if (usable(rejected)) return
      const response = await postPatiently('/users/refresh')
      if (response.ok) await keep(response)
      else become('out')
    })
  }

  return {
    state: () => state,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },

    /** For the client: returns a token that is valid, and is not `rejected`, as soon as there is one. */
    async token({ rejected }: { rejected: string | undefined }): Promise<string> {
      while (!usable(rejected)) {
        if (state === 'out' || state === 'forbidden') await nextChange()
        else {
          renewal ??= renew(rejected).finally(() => {
            renewal = undefined
          })
          await renewal
        }
      }
      return (current as Token).accessToken
    },

    /** Returns why nobody could be logged in, or undefined once somebody is. */
    async logIn(email: string, password: string): Promise<'wrong' | 'limited' | 'failed' | undefined> {
      const response = await post('/users/login', { email, password }).catch(() => undefined)
      if (response?.ok) return void (await keep(response))
      if (response?.status === 401 || response?.status === 400) return 'wrong'
      return response?.status === 429 ? 'limited' : 'failed'
    },

    /** Ends the session of all tabs, which load themselves again. Throws ConnectionError: then it goes on. */
    async logOut(): Promise<void> {
      await postPatiently('/users/logout')
      tell({ type: 'ended' })
      location.reload()
    },
  }
}

/** JSON makes it a request that a browser does not send from another site, although the cookie alone authorises it. */
function post(path: string, body: object): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  })
}

/** Sends it up to four times, until there is an answer that is final. Throws ConnectionError. */
async function postPatiently(path: string): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const response = await post(path, {}).catch(() => undefined)
    if (response && response.status < 500 && response.status !== 429) return response
    if (attempt === 4) throw new ConnectionError(`POST ${path}: ${response?.status ?? 'no answer'}`)
    await pause(500 * 2 ** attempt * (0.5 + Math.random() / 2))
  }
}

/** Pages that did not come over TLS or from this machine have no locks: there, each tab renews by itself. */
async function oneTabAtATime(work: (hasWaited: boolean) => Promise<void>): Promise<void> {
  const { locks } = navigator as { locks?: LockManager }
  if (!locks) return work(false)
  const isDone = await locks.request('session', { ifAvailable: true }, async (lock) => {
    if (lock) await work(false)
    return lock !== null
  })
  if (!isDone) await locks.request('session', () => work(true))
}

function roleOf(accessToken: string): unknown {
  const [, payload = ''] = accessToken.split('.')
  return (JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { role?: unknown }).role
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
