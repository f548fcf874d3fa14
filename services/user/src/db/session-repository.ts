import type { Role, User } from '@shop/service/auth/token-verifier'
import type { Database, Queryable } from '@shop/service/database/database'
import type { WarningLog } from '@shop/service/database/timestamp'
import { UnauthorizedError } from '@shop/service/errors'
import { v7 as uuidv7 } from 'uuid'
import { followSecret, hashSecret, nextSecret, type RefreshToken, randomSecret } from '../refresh-token.ts'

/** How long a session lasts after its last use, and in all, in days. */
export type SessionLimits = { idleDays: number; maxDays: number }

/** A session's newest token, and how long it can be used, in seconds. */
export type Refresh = { token: RefreshToken; maxAgeSeconds: number }

export type SessionRepository = ReturnType<typeof createSessionRepository>

/** Per user; with one more, the oldest session ends. */
export const maxSessions = 50

/** How long a token can be used again: by a second tab, or because the first answer was lost. */
const graceSeconds = 30

/** Tokens that can be used again at a time; beyond it, the newest one is no longer exchanged. */
const maxRecent = 16

/** `logger` receives a warning when a session ends because a token was used again. */
export function createSessionRepository(
  db: Database,
  { idleDays, maxDays }: SessionLimits,
  { logger }: { logger: WarningLog },
) {
  return {
    /**
     * Starts a session. Returns undefined if the account's password is no longer the one that `passwordHash`
     * was made of, because a change of password ends all sessions.
     */
    async open(
      { userId, passwordHash }: { userId: string; passwordHash: string },
      queryable: Queryable = db,
    ): Promise<Refresh | undefined> {
      const token = { sessionId: uuidv7(), secret: randomSecret() }
      const [row] = await queryable.query<{ maxAgeSeconds: number }>({
        ...insertSession,
        values: [token.sessionId, userId, passwordHash, hashSecret(token.secret), idleDays, maxDays],
      })
      return row && { token, ...row }
    },

    /**
     * Exchanges a token for its successor. One that was exchanged within the last 30 s gets the newest token of
     * its session; one that was exchanged before that may be stolen, so its session ends. Throws
     * UnauthorizedError for it and for every other token, always the same.
     */
    async refresh({ sessionId, secret }: RefreshToken): Promise<{ user: User; refresh: Refresh }> {
      const salt = randomSecret()
      const next = nextSecret(secret, salt)
      const [exchanged] = await db.query<UserRow>({
        ...exchangeToken,
        values: [sessionId, hashSecret(secret), hashSecret(next), salt.toString('base64'), idleDays],
      })
      if (exchanged) return refreshed(exchanged, { sessionId, secret: next })

      const [session] = await db.query<UserRow & SessionRow>({ ...selectSession, values: [sessionId] })
      if (!session) throw invalidRefreshToken()
      const salts = session.salts.map((text) => Buffer.from(text, 'base64'))
      const newest = followSecret(secret, salts, session.tokenHash)
      if (newest) return refreshed(session, { sessionId, secret: newest })
      await db.query({ ...deleteSession, values: [sessionId] })
      logger.warn({ userId: session.id }, 'a refresh token was used again, so its session was ended')
      throw invalidRefreshToken()
    },

    /** Ends the session, if there is one. Whoever knows its id has had a token of it. */
    async end(sessionId: string): Promise<void> {
      await db.query({ ...deleteSession, values: [sessionId] })
    },

    /** Ends all sessions of a user. Returns their ids. */
    async endAll(userId: string, queryable: Queryable = db): Promise<string[]> {
      const rows = await queryable.query<{ id: string }>({ ...deleteSessionsOfUser, values: [userId] })
      return rows.map(({ id }) => id)
    },

    /** Deletes at most `limit` expired sessions. Returns how many it deleted. */
    async deleteExpired(limit: number): Promise<number> {
      return (await db.query({ ...deleteExpiredSessions, values: [limit] })).length
    },
  }
}

/** Says no more, because a client without a valid token may be a thief. */
export const invalidRefreshToken = () =>
  new UnauthorizedError('invalid_refresh_token', 'The session has ended, or there is none. Log in again.')

type UserRow = { id: string; role: Role; maxAgeSeconds: number }
type SessionRow = { tokenHash: Buffer; salts: string[] }

const refreshed = ({ id, role, maxAgeSeconds }: UserRow, token: RefreshToken) => ({
  user: { id, role },
  refresh: { token, maxAgeSeconds },
})

const maxAge = 'ceil(extract(epoch FROM expires_at - now()))::int AS "maxAgeSeconds"'

const recent = `jsonb_path_query_array(recent, '$[*] ? (@.at > $since)',
  jsonb_build_object('since', extract(epoch FROM now()) - ${graceSeconds}))`

/** The lock keeps the password as it is until the session can be seen by a change of it. */
const insertSession = {
  name: 'insert-session',
  text: `
    WITH account AS (SELECT id FROM users WHERE id = $2 AND password_hash = $3 FOR SHARE),
    surplus AS (
      DELETE FROM sessions
      WHERE EXISTS (SELECT FROM account) AND id = ANY (ARRAY(
        SELECT id FROM sessions WHERE user_id = $2
        ORDER BY created_at DESC, id DESC OFFSET ${maxSessions - 1}
      ))
    )
    INSERT INTO sessions (id, user_id, token_hash, expires_at, ends_at)
    SELECT $1, id, $4, now() + LEAST($5::int, $6::int) * interval '1 day', now() + $6::int * interval '1 day'
    FROM account RETURNING ${maxAge}`,
}

const exchangeToken = {
  name: 'exchange-token',
  text: `
    UPDATE sessions
    SET token_hash = $3,
      recent = ${recent} || jsonb_build_object('salt', $4::text, 'at', extract(epoch FROM now())),
      expires_at = LEAST(now() + $5::int * interval '1 day', ends_at)
    FROM users
    WHERE sessions.id = $1 AND token_hash = $2 AND expires_at > now()
      AND jsonb_array_length(${recent}) < ${maxRecent} AND users.id = user_id
    RETURNING users.id, role, ${maxAge}`,
}

const selectSession = {
  name: 'select-session',
  text: `
    SELECT users.id, role, ${maxAge}, token_hash AS "tokenHash",
      ARRAY(
        SELECT element ->> 'salt' FROM jsonb_array_elements(${recent}) WITH ORDINALITY AS elements (element, position)
        ORDER BY position
      ) AS salts
    FROM sessions JOIN users ON users.id = user_id
    WHERE sessions.id = $1 AND expires_at > now()`,
}

const deleteSession = { name: 'delete-session', text: 'DELETE FROM sessions WHERE id = $1' }

const deleteSessionsOfUser = {
  name: 'delete-sessions-of-user',
  text: 'DELETE FROM sessions WHERE user_id = $1 RETURNING id',
}

/** By key, because a ctid means nothing where the table is distributed; rows that others delete are left to them. */
const deleteExpiredSessions = {
  name: 'delete-expired-sessions',
  text: `
    DELETE FROM sessions
    WHERE expires_at <= now() AND id = ANY (ARRAY(
      SELECT id FROM sessions WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING id`,
}
