import { UnauthorizedError } from '@shop/service/errors'
import type { CredentialLimits } from './credential-limits.ts'
import type { Credentials } from './db/credential-repository.ts'
import type { PasswordHasher } from './password-hasher.ts'

export type PasswordCheck = { passwords: PasswordHasher; limits: CredentialLimits }

/** An attempt to prove that one knows the password of the account with this email. */
export type Attempt = { email: string; password: string; address: string }

/**
 * Runs `work` if the password is that of the account that `find` returns. Throws UnauthorizedError after the
 * same work whether the password is wrong, there is no account, or `work` returns undefined because the password
 * has just been changed. Throws AppError 429 beyond the limits, and ServiceUnavailableError while too many
 * hashes are waiting.
 */
export function checkPassword<Result>(
  { passwords, limits }: PasswordCheck,
  { email, password, address }: Attempt,
  find: () => Promise<Credentials | undefined>,
  work: (credentials: Credentials) => Promise<Result | undefined>,
): Promise<Result> {
  return limits.attempt({ email, address }, async (admit) => {
    const credentials = await find()
    // the same work without an account, so that the time does not reveal which emails have one
    const matches = await passwords.verify(password, credentials?.passwordHash, admit)
    // a lone surrogate is hashed as U+FFFD, and must not be accepted in its place
    const result = credentials && matches && password.isWellFormed() ? await work(credentials) : undefined
    if (result !== undefined) return result
    throw new UnauthorizedError('invalid_credentials', 'Wrong email or password.')
  })
}
