import { randomBytes } from 'node:crypto'
import * as argon2 from '@node-rs/argon2'
import { ServiceUnavailableError } from '@shop/service/errors'

/**
 * The minimum of the OWASP Password Storage Cheat Sheet for argon2id, which is the package's default
 * algorithm: 19 MiB, two passes, one lane.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
export const hashParameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export type PasswordHasher = ReturnType<typeof createPasswordHasher>

export type PasswordHasherOptions = {
  /** Hashes computed at a time; others wait. */
  concurrency: number
  /** How many hashes may wait. */
  queueLimit: number
}

/**
 * Hashes and verifies passwords. Each hash takes memory and at least 10 ms of a core, and anyone can cause
 * one by trying to log in, so their number is bounded: beyond it, both functions throw
 * ServiceUnavailableError immediately. Both call `admit` just before they compute; if it throws, nothing is
 * computed.
 */
export function createPasswordHasher(
  { concurrency, queueLimit }: PasswordHasherOptions,
  { hash, verify }: Pick<typeof argon2, 'hash' | 'verify'> = argon2,
) {
  const decoyHash = argon2.hashSync(randomBytes(32), hashParameters)
  const waiting: (() => void)[] = []
  let running = 0

  async function inTurn<Result>(admit: () => void, compute: () => Promise<Result>): Promise<Result> {
    if (running < concurrency) running++
    else if (waiting.length < queueLimit) await new Promise<void>((resolve) => waiting.push(resolve))
    else throw new ServiceUnavailableError('overloaded', 'Too many logins and registrations are in progress.')
    try {
      admit()
      return await compute()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  return {
    /** Returns the PHC string of a new hash, with a new salt. */
    hash: (password: string, admit = admitAlways): Promise<string> =>
      inTurn(admit, () => hash(toBytes(password), hashParameters)),

    /**
     * Returns whether `passwordHash` was made from `password`. Without a hash: false, after the same work.
     */
    verify: async (
      password: string,
      passwordHash: string | undefined,
      admit = admitAlways,
    ): Promise<boolean> => {
      const matches = await inTurn(admit, () => verify(passwordHash ?? decoyHash, toBytes(password)))
      return matches && passwordHash !== undefined
    },
  }
}

const admitAlways = () => {}

/**
 * Keyboards encode the same letter differently, for example é: NIST SP 800-63B (3.1.1.2) asks for
 * normalisation.
 */
const toBytes = (password: string) => Buffer.from(password.normalize('NFKC'))
