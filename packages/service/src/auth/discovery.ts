import type { JSONWebKeySet } from 'jose'
import { createJsonFetcher, toKeySet } from './key-set.ts'

/**
 * Returns a function that finds and loads an issuer's key set by OpenID Connect Discovery 1.0. The configuration is read
 * again for each load, so that an issuer can move its keys.
 */
export function discoverKeySet(
  issuer: string,
  options?: { timeoutMs: number },
): () => Promise<JSONWebKeySet> {
  const fetchJson = createJsonFetcher(options)
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  return async () => {
    const keysUrl = keysUrlOf(await fetchJson(url), { issuer, url })
    return toKeySet(await fetchJson(keysUrl), keysUrl)
  }
}

/** Throws an Error unless the configuration is the issuer's own (section 4.3) and names its keys. */
function keysUrlOf(document: unknown, { issuer, url }: { issuer: string; url: string }): string {
  const { issuer: named, jwks_uri: keysUrl } = Object(document) as Record<string, unknown>
  if (named !== issuer)
    throw new Error(`${url} is of the issuer ${JSON.stringify(named)}, not ${JSON.stringify(issuer)}`)
  // keys from http: would make the https: of the issuer worthless
  const protocols = issuer.startsWith('http:') ? ['http:', 'https:'] : ['https:']
  if (typeof keysUrl !== 'string' || !URL.canParse(keysUrl) || !protocols.includes(new URL(keysUrl).protocol))
    throw new Error(`${url} has no jwks_uri that starts with ${protocols.join('// or ')}//`)
  return keysUrl
}
