import type { Role } from '@shop/service/auth/token-verifier'
import type { Database } from '@shop/service/database/database'
import { toTimestamp, type WarningLog, warnOfReplacedTimes } from '@shop/service/database/timestamp'
import { ConflictError, NotFoundError, UnauthorizedError } from '@shop/service/errors'
import { v7 as uuidv7 } from 'uuid'
import type { Contact, User } from '../user.ts'

export type NewUser = { email: string; name: string; passwordHash: string }

export type UserRepository = ReturnType<typeof createUserRepository>

/** Of a deleted user, only the id, the role and the times are left. */
type UserRow = {
  id: string
  email: string | null
  name: string | null
  role: Role
  created_at: string
  updated_at: string
  is_deleted: boolean
}

/** `logger` receives a warning for rows whose times are not shown as they are stored. */
export function createUserRepository(db: Database, { logger }: { logger?: WarningLog } = {}) {
  function shown(row: UserRow): User {
    warnOfReplacedTimes(logger, 'users', [[row.id, row.created_at, row.updated_at]])
    return toUser(row)
  }

  async function findCaller(id: string): Promise<User> {
    const [row] = await db.query<UserRow>({ ...selectUser, values: [id] })
    if (!row) throw new NotFoundError('user')
    if (row.is_deleted) throw accountDeleted()
    return shown(row)
  }

  return {
    /**
     * Stores a customer and returns it; one that cannot be returned is not stored. Throws ConflictError when
     * an account with this email exists, in any capitalisation.
     */
    async createUser({ email, name, passwordHash }: NewUser): Promise<User> {
      const values = [uuidv7(), email, passwordHash, name]
      return db.transaction(async (tx) => {
        const [row] = await tx.query<UserRow>({ ...insertUser, values })
        if (!row) throw new ConflictError('email_taken', 'An account with this email already exists.')
        return toUser(row)
      })
    },

    /** Returns the user of an access token. Throws NotFoundError, or UnauthorizedError if it was deleted. */
    findCaller,

    /** Changes the name of the user of an access token. Throws like findCaller. */
    async renameCaller(id: string, name: string): Promise<User> {
      const [row] = await db.query<UserRow>({ ...updateName, values: [id, name] })
      return row ? shown(row) : findCaller(id)
    },

    /** Throws UnauthorizedError if the user of an access token was deleted. */
    async refuseDeleted(id: string): Promise<void> {
      const [row] = await db.query<Pick<UserRow, 'is_deleted'>>({ ...selectDeleted, values: [id] })
      if (row?.is_deleted) throw accountDeleted()
    },

    /** Returns any user. Throws NotFoundError, also for a deleted one. */
    async findUser(id: string): Promise<User> {
      const [row] = await db.query<UserRow>({ ...selectUser, values: [id] })
      if (!row || row.is_deleted) throw new NotFoundError('user')
      return shown(row)
    },

    /** Returns the users with these ids, in any order, without unknown and deleted ones. */
    findContacts: (ids: string[]): Promise<Contact[]> => db.query({ ...selectContacts, values: [ids] }),

    /** Returns the user with this email, in any capitalisation, or an empty list. */
    findContactsByEmail: (email: string): Promise<Contact[]> =>
      db.query({ ...selectContactsByEmail, values: [email.toLowerCase()] }),
  }
}

/** 401: an access token outlives its account. */
export const accountDeleted = () => new UnauthorizedError('invalid_token', 'This account was deleted.')

const columns = 'id, email, name, role, created_at, updated_at, deleted_at IS NOT NULL AS is_deleted'

const insertUser = {
  name: 'insert-user',
  text: `INSERT INTO users (id, email, password_hash, name) VALUES ($1, $2, $3, $4)
    ON CONFLICT (lower(email)) DO NOTHING RETURNING ${columns}`,
}

const selectUser = { name: 'select-user', text: `SELECT ${columns} FROM users WHERE id = $1` }

const selectDeleted = {
  name: 'select-deleted',
  text: 'SELECT deleted_at IS NOT NULL AS is_deleted FROM users WHERE id = $1',
}

/** clock_timestamp(), because now() is before the wait for another change of the row. */
const updateName = {
  name: 'update-name',
  text: `UPDATE users SET name = $2, updated_at = clock_timestamp()
    WHERE id = $1 AND deleted_at IS NULL RETURNING ${columns}`,
}

const selectContacts = {
  name: 'select-contacts',
  text: 'SELECT id, email, name FROM users WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL',
}

const selectContactsByEmail = {
  name: 'select-contacts-by-email',
  text: 'SELECT id, email, name FROM users WHERE lower(email) = $1',
}

function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    createdAt: toTimestamp(row.created_at),
    updatedAt: toTimestamp(row.updated_at),
  }
}
