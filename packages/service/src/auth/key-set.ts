import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { Agent, request } from 'undici'
import { parseJson } from '../client/json.ts'
import { InvalidTokenError, ServiceUnavailableError } from '../errors.ts'

/** The issuer's public keys, kept up to date. */
export type KeySet = {
  /**
   * Returns the key that a token's header names. Throws InvalidTokenError for an unknown kid, and
   * ServiceUnavailableError until a set has been loaded once.
   */
  getKey: JWTVerifyGetKey
  /** Changes when a key is withdrawn: tokens verified before may no longer be valid. */
  revision(): number
}

/** The default times by which a verifier keeps a key set up to date. */
export const keySetTimes = {
  /** Age at which the set is loaded again, in the background. */
  maxAgeMs: 300_000,
  /** Minimum time between two loads, whatever keys the tokens name. */
  cooldownMs: 10_000,
  /** The same until the first set is loaded: meanwhile every request fails. */
  firstCooldownMs: 1000,
}

export type KeySetOptions = Partial<typeof keySetTimes> & {
  load: () => Promise<JSONWebKeySet>
  /** Called when the set was loaded. */
  onLoad?: () => void
  onError?: (error: unknown) => void
}

/**
 * Like jose's remote key set, plus three things it lacks: the last good set is kept while the issuer is
 * unavailable, a refresh does not delay requests, and a token must name its key even if the set has only one.
 */
export function createKeySet({ load, onLoad, onError, ...times }: KeySetOptions): KeySet {
  const { maxAgeMs, cooldownMs, firstCooldownMs } = { ...keySetTimes, ...times }
  let keys: { find: JWTVerifyGetKey; kids: Set<string> } | undefined
  let revision = 0
  let loadedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined

  /**
   * Loads the set unless a load was tried within the cooldown; at most one load runs at a time. Never
   * rejects.
   */
  function refresh(): Promise<void> {
    if (loading) return loading
    if (performance.now() - triedAt < (keys ? cooldownMs : firstCooldownMs)) return Promise.resolve()
    triedAt = performance.now()
    loading = replaceKeys()
      .catch((error) => onError?.(error))
      .finally(() => {
        loading = undefined
      })
    return loading
  }

  async function replaceKeys() {
    const set = await load()
    const asymmetric = set.keys.filter((key) => key.kid && key.kty !== 'oct')
    if (asymmetric.length === 0) throw new Error('The key set holds no usable key')
    const kids = new Set(asymmetric.map((key) => String(key.kid)))
    if (keys && ![...keys.kids].every((kid) => kids.has(kid))) revision++
    keys = { find: createLocalJWKSet({ keys: asymmetric }), kids }
    loadedAt = performance.now()
    onLoad?.()
  }

  return {
    async getKey(header, token) {
      const { kid } = header
      if (typeof kid !== 'string') throw new InvalidTokenError('no_key_named')
      if (!keys?.kids.has(kid)) await refresh()
      if (!keys) throw new ServiceUnavailableError('issuer_unavailable', 'The token issuer is unavailable.')
      if (!keys.kids.has(kid)) throw new InvalidTokenError('unknown_key')
      return keys.find(header, token)
    },
    revision() {
      if (performance.now() - loadedAt > maxAgeMs) void refresh()
      return revision
    },
  }
}

/** Returns a function that loads the key set at `url`, as `createJsonFetcher` does. */
export function fetchKeySet(url: string, options?: { timeoutMs: number }): () => Promise<JSONWebKeySet> {
  const fetchJson = createJsonFetcher(options)
  return async () => toKeySet(await fetchJson(url), url)
}

/**
 * Returns a function that loads JSON over HTTP: no redirects, at most 64 KiB, one deadline for the whole
 * request.
 */
export function createJsonFetcher({ timeoutMs } = { timeoutMs: 3000 }): (url: string) => Promise<unknown> {
  const dispatcher = new Agent({ maxResponseSize: 64 * 1024 })
  return async (url) => {
    const { statusCode, body } = await request(url, { dispatcher, signal: AbortSignal.timeout(timeoutMs) })
    const bytes = await body.arrayBuffer()
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`)
    return parseJson(bytes)
  }
}

/** Throws an Error that names `url` unless `value` is a key set. */
export function toKeySet(value: unknown, url: string): JSONWebKeySet {
  if (!isKeySet(value)) throw new Error(`${url} did not answer with a JSON Web Key Set`)
  return value
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  const keys: unknown =
    typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined
  return (
    Array.isArray(keys) &&
    keys.every((key) => typeof key === 'object' && key !== null && typeof key.kty === 'string')
  )
}
