import { randomBytes } from 'node:crypto'
import * as argon2 from '@node-rs/argon2'
import { ServiceUnavailableError } from '@shop/service/errors'

/**
 * The minimum of the OWASP Password Storage Cheat Sheet for argon2id, which is the package's default algorithm:
 * 19 MiB, two passes, one lane. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
export const hashParameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export type PasswordHasher = ReturnType<typeof createPasswordHasher>

export type PasswordHasherOptions = {
  /** Computations at a time; all others wait. */
  concurrency: number
  /** How many may wait. */
  queueLimit: number
}

/**
 * Hashes and verifies passwords. Each computation takes memory and 10 ms or more of a core, and anyone may ask for one
 * by trying to log in, so their number is bounded: beyond it, both functions throw ServiceUnavailableError at once.
 * Both call `admit`, if there is one, when their turn has come; if that throws, nothing is computed.
 */
export function createPasswordHasher(
  { concurrency, queueLimit }: PasswordHasherOptions,
  { hash, verify }: Pick<typeof argon2, 'hash' | 'verify'> = argon2,
) {
  const nobodysHash = argon2.hashSync(randomBytes(32), hashParameters)
  const waiting: (() => void)[] = []
  let running = 0

  async function inTurn<Result>(admit: () => void, compute: () => Promise<Result>): Promise<Result> {
    if (running < concurrency) running++
    else if (waiting.length < queueLimit) await new Promise<void>((resolve) => waiting.push(resolve))
    else throw new ServiceUnavailableError('overloaded', 'Too many logins and registrations are under way.')
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
    /** The PHC string of a new hash, with a salt of its own. */
    hash: (password: string, admit = anyone): Promise<string> =>
      inTurn(admit, () => hash(toBytes(password), hashParameters)),

    /** Whether `passwordHash` was made from `password`. Without a hash the answer is no, after the same work. */
    verify: async (password: string, passwordHash: string | undefined, admit = anyone): Promise<boolean> => {
      const matches = await inTurn(admit, () => verify(passwordHash ?? nobodysHash, toBytes(password)))
      return matches && passwordHash !== undefined
    },
  }
}

const anyone = () => {}

/** Keyboards differ in how they write the same letter, é for one: NIST SP 800-63B (3.1.1.2) asks to normalise. */
const toBytes = (password: string) => Buffer.from(password.normalize('NFKC'))
