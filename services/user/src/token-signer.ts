import type { User } from '@shop/service/auth/token-verifier'
import { importJWK, SignJWT } from 'jose'
import type { SigningKey } from './signing-key.ts'

export const tokenType = 'at+jwt'
export const tokenAlgorithm = 'ES256'
export const tokenLifetimeSeconds = 3600

export type TokenSigner = ReturnType<typeof createTokenSigner>

export type TokenSignerOptions = {
  loadKey: () => Promise<SigningKey>
  issuer: string
  audience: string
  /** How long a key is cached, and so how long a replica may still sign with the previous one. */
  keyCacheMs?: number
}

/** Signs access tokens (RFC 9068, without client_id: there is only one client). */
export function createTokenSigner({ loadKey, issuer, audience, keyCacheMs = 30_000 }: TokenSignerOptions) {
  let cached: { key: ReturnType<typeof importKey>; until: number } | undefined

  async function importKey() {
    const { kid, privateKey } = await loadKey()
    return { kid, key: await importJWK(privateKey, tokenAlgorithm) }
  }

  function currentKey() {
    if (cached && performance.now() < cached.until) return cached.key
    const loading = { key: importKey(), until: performance.now() + keyCacheMs }
    cached = loading
    loading.key.catch(() => {
      if (cached === loading) cached = undefined
    })
    return loading.key
  }

  return {
    /** Resolves when a signing key is loaded. */
    async prepare(): Promise<void> {
      await currentKey()
    },

    async sign({ id, role }: User): Promise<string> {
      const { kid, key } = await currentKey()
      const now = Math.floor(Date.now() / 1000)
      return new SignJWT({ role })
        .setProtectedHeader({ alg: tokenAlgorithm, typ: tokenType, kid })
        .setSubject(id)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + tokenLifetimeSeconds)
        .setJti(crypto.randomUUID())
        .sign(key)
    },
  }
}
