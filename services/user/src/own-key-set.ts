import { createKeySet, type KeySet, type KeySetOptions } from '@shop/service/auth/key-set'
import type { SigningKeyRepository } from './db/signing-key-repository.ts'

/** Returns the keys of this service's own tokens, from its database: cheaper to reload than over HTTP. */
export function createOwnKeySet(
  keys: Pick<SigningKeyRepository, 'publishedKeys'>,
  report: Pick<KeySetOptions, 'onLoad' | 'onError'>,
): KeySet {
  return createKeySet({
    load: async () => ({ keys: await keys.publishedKeys() }),
    maxAgeMs: 30_000,
    cooldownMs: 1000,
    ...report,
  })
}
