import { AppError, ConflictError, UnauthorizedError } from '@shop/service/errors'
import { createRateLimit } from './rate-limit.ts'

export type CredentialLimits = ReturnType<typeof createCredentialLimits>

export type CredentialLimitsOptions = {
  /** Logins and registrations a minute; as many may come at once. */
  attemptsPerAddress: number
  /** Failures that may come at once; after them, one a minute. */
  failuresPerAccount: number
}

/** Some 20 MB at the most for each of the three maps, were all emails as long as can be. */
const maxKeys = 50_000

/**
 * How often passwords may be tried, from one address and for one account. An account is an email here, whether or not
 * there is such a user: nothing is told by who is slowed down.
 *
 * A stranger who keeps trying wrong passwords must not lock the owner out. So failures are counted for the account as a
 * whole, except from addresses at which a right password was given before: each of these has a count of its own.
 * Elsewhere the right password is refused, too, while the count is exceeded (or guessing would pay), for a minute at a time.
 */
export function createCredentialLimits(
  { attemptsPerAddress, failuresPerAccount }: CredentialLimitsOptions,
  now?: () => number,
) {
  const attempts = createRateLimit(
    { burst: attemptsPerAddress, intervalMs: 60_000 / attemptsPerAddress, maxKeys },
    now,
  )
  const failures = createRateLimit({ burst: failuresPerAccount, intervalMs: 60_000, maxKeys }, now)
  const known = createBoundedSet(maxKeys)

  return {
    /**
     * Runs `work`, an attempt to log in or to register. It has to call `admit` when its turn has come, just before it
     * computes: many may have failed while it was waiting. Throws AppError 429.
     */
    async attempt<Result>(
      { email, address }: { email: string; address: string },
      work: (admit: () => void) => Promise<Result>,
    ): Promise<Result> {
      refuseUntil(attempts.secondsUntilNext(address))
      attempts.take(address)

      const account = email.toLowerCase()
      const here = `${account} ${address}`
      const counted = known.has(here) ? here : account
      const admit = () => refuseUntil(failures.secondsUntilNext(counted))
      admit()
      try {
        const result = await work(admit)
        known.add(here)
        return result
      } catch (error) {
        // the wrong password, or an email that is taken; a failure of ours is no guess
        if (error instanceof UnauthorizedError || error instanceof ConflictError) failures.take(counted)
        throw error
      }
    },
  }
}

function refuseUntil(seconds: number): void {
  if (seconds === 0) return
  throw new AppError(429, 'too_many_requests', 'Too many attempts. Try again later.', {
    headers: { 'retry-after': String(seconds) },
  })
}

/** Forgets the value that was added longest ago. */
function createBoundedSet(maxSize: number) {
  const values = new Set<string>()
  return {
    has: (value: string) => values.has(value),
    add(value: string) {
      values.delete(value)
      values.add(value)
      const oldest = values.size > maxSize ? values.keys().next().value : undefined
      if (oldest !== undefined) values.delete(oldest)
    },
  }
}
