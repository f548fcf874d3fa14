import { AppError, ConflictError, UnauthorizedError } from '@shop/service/errors'
import { createRateLimit } from './rate-limit.ts'

export type CredentialLimits = ReturnType<typeof createCredentialLimits>

export type CredentialLimitsOptions = {
  /** Requests of all kinds that are counted here per minute; all of them may come at the same moment. */
  attemptsPerAddress: number
  /** Failures allowed in a burst; after that, one per minute. */
  failuresPerAccount: number
}

/** At most about 20 MB for each of the three maps, with emails of maximum length. */
const maxKeys = 50_000

/**
 * Limits how often passwords may be tried, by address and by account. An account is an email here, whether or
 * not it has a user, so that a limit reveals nothing.
 *
 * A stranger who keeps trying wrong passwords must not lock the owner out. Failures are therefore counted for
 * the account as a whole, but separately for each address from which the owner has logged in before. From
 * other addresses the right password is refused too while the count is exceeded, a minute at a time:
 * otherwise guessing would still succeed.
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

  function countAddress(address: string): void {
    refuseUntil(attempts.secondsUntilNext(address), {})
    attempts.take(address)
  }

  return {
    /** Counts a request that tries no password, such as a refresh, by its address. Throws AppError 429. */
    countAddress,

    /** Returns what is left to an address, as in draft-ietf-httpapi-ratelimit-headers-10. */
    quotaHeaders(address: string) {
      const { remaining, resetSeconds } = attempts.quotaOf(address)
      return {
        'ratelimit-policy': `"address";q=${attemptsPerAddress};w=60`,
        ratelimit: `"address";r=${remaining};t=${resetSeconds}`,
      }
    },

    /**
     * Runs `work`, an attempt to register or to prove a password, and returns its result. `work` must call `admit` just
     * before it hashes, because many attempts may have failed while it waited. Throws AppError 429.
     */
    async attempt<Result>(
      { email, address }: { email: string; address: string },
      work: (admit: () => void) => Promise<Result>,
    ): Promise<Result> {
      countAddress(address)
      const account = email.toLowerCase()
      const here = `${account} ${address}`
      const counted = known.has(here) ? here : account
      const admit = () => {
        const seconds = failures.secondsUntilNext(counted)
        refuseUntil(seconds, {
          'ratelimit-policy': `"account";q=${failuresPerAccount};w=${failuresPerAccount * 60}`,
          ratelimit: `"account";r=0;t=${seconds}`,
        })
      }
      admit()
      try {
        const result = await work(admit)
        known.add(here)
        return result
      } catch (error) {
        // a wrong password or a taken email counts; our own failures are not guesses
        if (error instanceof UnauthorizedError || error instanceof ConflictError) failures.take(counted)
        throw error
      }
    },
  }
}

function refuseUntil(seconds: number, headers: Record<string, string>): void {
  if (seconds === 0) return
  throw new AppError(429, 'too_many_requests', 'Too many attempts. Try again later.', {
    headers: { ...headers, 'retry-after': String(seconds) },
  })
}

/** Returns a set that removes the value added longest ago when it is full. */
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
