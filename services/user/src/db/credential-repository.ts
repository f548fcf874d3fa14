import type { Role } from '@shop/service/auth/token-verifier'
import type { Database } from '@shop/service/database/database'
import { NotFoundError } from '@shop/service/errors'
import type { Refresh, SessionRepository } from './session-repository.ts'
import { accountDeleted } from './user-repository.ts'

/** The part of an account that a password is checked for. */
export type Credentials = { id: string; email: string; role: Role; passwordHash: string }

/** A user of an identity provider has no password, and perhaps no email. */
export type Account = Credentials | { id: string; email: string | null; role: Role; passwordHash: null }

/** An account whose password was just checked, and the session of the request, if any. */
type CheckedAccount = { id: string; passwordHash: string; sessionId: string | undefined }

export type CredentialRepository = ReturnType<typeof createCredentialRepository>

export function createCredentialRepository(
  db: Database,
  { sessions }: { sessions: Pick<SessionRepository, 'open' | 'endAll'> },
) {
  return {
    /** Finds an account with a password by its email, in any capitalisation. */
    async findByEmail(email: string): Promise<Credentials | undefined> {
      const [credentials] = await db.query<Credentials>({
        ...selectByEmail,
        values: [email.toLowerCase()],
      })
      return credentials
    },

    /** Finds the account of an access token's user. Throws NotFoundError, or UnauthorizedError if it was deleted. */
    async findById(id: string): Promise<Account> {
      const [row] = await db.query<Account & { isDeleted: boolean }>({ ...selectById, values: [id] })
      if (!row) throw new NotFoundError('user')
      const { isDeleted, ...account } = row
      if (isDeleted) throw accountDeleted()
      return account
    },

    /**
     * Changes the password and ends all sessions of the user. If the request's session was among them, starts a
     * new one. Returns undefined if the password has been changed since it was checked.
     */
    changePassword(
      { id, passwordHash, sessionId }: CheckedAccount,
      newHash: string,
    ): Promise<{ refresh: Refresh | undefined } | undefined> {
      return db.transaction(async (tx) => {
        // the first statement takes the lock that `open` waits for, so that the second one sees all sessions
        const [changed] = await tx.query({ ...updatePassword, values: [id, passwordHash, newHash] })
        if (!changed) return undefined
        const ended = await sessions.endAll(id, tx)
        if (!sessionId || !ended.includes(sessionId)) return { refresh: undefined }
        return { refresh: await sessions.open({ userId: id, passwordHash: newHash }, tx) }
      })
    },

    /**
     * Removes everything about the person and ends all sessions. Returns undefined if the password has been
     * changed since it was read, or the account deleted.
     */
    deleteAccount({
      id,
      passwordHash,
      sessionId,
    }: Pick<Account, 'id' | 'passwordHash'> & { sessionId?: string | undefined }): Promise<
      { endedOwnSession: boolean } | undefined
    > {
      return db.transaction(async (tx) => {
        const [deleted] = await tx.query({ ...deleteUser, values: [id, passwordHash] })
        if (!deleted) return undefined
        const ended = await sessions.endAll(id, tx)
        return { endedOwnSession: sessionId !== undefined && ended.includes(sessionId) }
      })
    },
  }
}

const columns = 'id, email, role, password_hash AS "passwordHash"'

const selectByEmail = {
  name: 'select-credentials',
  text: `SELECT ${columns} FROM users WHERE lower(email) = $1 AND password_hash IS NOT NULL`,
}

const selectById = {
  name: 'select-credentials-by-id',
  text: `SELECT ${columns}, deleted_at IS NOT NULL AS "isDeleted" FROM users WHERE id = $1`,
}

const updatePassword = {
  name: 'update-password',
  text: `UPDATE users SET password_hash = $3, updated_at = clock_timestamp()
    WHERE id = $1 AND password_hash = $2 RETURNING id`,
}

const deleteUser = {
  name: 'delete-user',
  text: `UPDATE users
    SET email = NULL, password_hash = NULL, name = NULL, deleted_at = now(), updated_at = clock_timestamp()
    WHERE id = $1 AND password_hash IS NOT DISTINCT FROM $2 AND deleted_at IS NULL RETURNING id`,
}
