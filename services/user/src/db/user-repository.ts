import type { Role } from '@shop/service/auth/token-verifier'
import type { Database } from '@shop/service/database/database'
import { toTimestamp, type WarningLog, warnOfReplacedTimes } from '@shop/service/database/timestamp'
import { ConflictError, NotFoundError } from '@shop/service/errors'
import { v7 as uuidv7 } from 'uuid'
import type { User } from '../user.ts'

export type NewUser = { email: string; name: string; passwordHash: string }

/** The part of a user that login needs. */
export type Credentials = { id: string; role: Role; passwordHash: string }

export type UserRepository = ReturnType<typeof createUserRepository>

type UserRow = {
  id: string
  email: string
  name: string
  role: Role
  created_at: string
  updated_at: string
}

/** `logger` receives a warning for rows whose times are not shown as they are stored. */
export function createUserRepository(db: Database, { logger }: { logger?: WarningLog } = {}) {
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

    async findCredentials(email: string): Promise<Credentials | undefined> {
      const [credentials] = await db.query<Credentials>({
        ...selectCredentials,
        values: [email.toLowerCase()],
      })
      return credentials
    },

    /** Throws NotFoundError. */
    async findUser(id: string): Promise<User> {
      const [row] = await db.query<UserRow>({ ...selectUser, values: [id] })
      if (!row) throw new NotFoundError('user')
      warnOfReplacedTimes(logger, 'users', [[row.id, row.created_at, row.updated_at]])
      return toUser(row)
    },
  }
}

const columns = 'id, email, name, role, created_at, updated_at'

const insertUser = {
  name: 'insert-user',
  text: `INSERT INTO users (id, email, password_hash, name) VALUES ($1, $2, $3, $4)
    ON CONFLICT (lower(email)) DO NOTHING RETURNING ${columns}`,
}

const selectCredentials = {
  name: 'select-credentials',
  text: 'SELECT id, role, password_hash AS "passwordHash" FROM users WHERE lower(email) = $1',
}

const selectUser = { name: 'select-user', text: `SELECT ${columns} FROM users WHERE id = $1` }

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
