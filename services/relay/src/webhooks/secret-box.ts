import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Setting } from '@shop/service/config'

/** A secret as it is stored: encrypted, with the name of the key that opens it. */
export type Sealed = { keyId: string; box: Buffer }

export type SecretBox = ReturnType<typeof createSecretBox>

const keyBytes = 32
/** The sizes that NIST SP 800-38D recommends for GCM, in bytes. */
const nonceBytes = 12
const tagBytes = 16

/** A setting of one or several keys: the first encrypts, all decrypt. */
export function encryptionKeys(env: string, { meaning }: { meaning: string }): Setting<Buffer[]> {
  return {
    env,
    meaning,
    secret: true,
    expected: `${keyBytes} bytes in base64, or several such keys separated by commas`,
    parse(raw) {
      const keys = raw.split(',').map((key) => Buffer.from(key.trim(), 'base64'))
      return keys.every((key) => key.length === keyBytes) ? keys : undefined
    },
  }
}

/**
 * Returns what encrypts secrets for the database, with AES-256-GCM. `owner` is bound to the box: one that is copied to
 * another owner's row does not open there.
 */
export function createSecretBox(keys: readonly [Buffer, ...Buffer[]]) {
  const byId = new Map(keys.map((key) => [idOf(key), key]))
  return {
    seal(secret: string, owner: string): Sealed {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', keys[0], nonce)
      cipher.setAAD(Buffer.from(owner))
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return { keyId: idOf(keys[0]), box: Buffer.concat([nonce, cipher.getAuthTag(), sealed]) }
    },

    /** Returns the secret. Throws if its key is not configured, or the box is not as it was made for `owner`. */
    open({ keyId, box }: Sealed, owner: string): string {
      const key = byId.get(keyId)
      if (!key) throw new Error(`The key ${keyId}, which encrypted this secret, is not configured.`)
      const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
      decipher.setAAD(Buffer.from(owner))
      decipher.setAuthTag(box.subarray(nonceBytes, nonceBytes + tagBytes))
      const sealed = box.subarray(nonceBytes + tagBytes)
      return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
    },
  }
}

/** Names a key without revealing it. */
const idOf = (key: Buffer) => createHash('sha256').update('key id').update(key).digest('hex').slice(0, 8)
