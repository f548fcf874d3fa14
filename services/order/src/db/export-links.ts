import { createHash, randomBytes } from 'node:crypto'
import type { TextQueryable } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import type { ExportFormat } from '../export-format.ts'
import type { ExportFilters } from './export-repository.ts'

/** `own`: the user's orders; `all`: orders of all users. */
export type ExportKind = 'own' | 'all'

/** What the address of an export is for. */
export type ExportRequest = {
  format: ExportFormat
  /** BCP 47; of `excel`. */
  locale?: string | undefined
  filters?: ExportFilters | undefined
}

/** Whoever has the token may download, once, what `userId` has asked for. */
export type ExportLink = { userId: string; request: ExportRequest }

export type ExportLinks = ReturnType<typeof createExportLinks>

/** Time in which the address of an export works, in seconds. */
export const linkLifetimeSeconds = 60

/** The database has only hashes, so that nobody who can read it can download anything. */
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')

export function createExportLinks(db: TextQueryable) {
  return {
    /** Stores a link and returns its token, 256 random bits as base64url, and when it expires. */
    async createLink(kind: ExportKind, { userId, request }: ExportLink) {
      const token = randomBytes(32).toString('base64url')
      const [row] = await db.queryTexts({
        name: 'create-export-link',
        text: `INSERT INTO export_links (token_hash, user_id, kind, request, expires_at)
               VALUES (decode($1, 'hex'), $2, $3, $4, now() + $5 * interval '1 second')
               RETURNING expires_at`,
        values: [hashOf(token), userId, kind, JSON.stringify(request), linkLifetimeSeconds],
      })
      return { token, expiresAt: toTimestamp(row?.[0] as string) }
    },

    /** Returns the link of a token, unless it was used, has expired or is of another kind. It can still be used. */
    async findLink(kind: ExportKind, token: string): Promise<ExportLink | undefined> {
      const [row] = await db.queryTexts({
        name: 'find-export-link',
        text: `SELECT user_id, request FROM export_links
               WHERE token_hash = decode($1, 'hex') AND kind = $2 AND expires_at > now()`,
        values: [hashOf(token), kind],
      })
      return row && { userId: row[0] as string, request: JSON.parse(row[1] as string) }
    },

    /** Uses a link up. Returns whether it could still be used: of several calls only one gets true. */
    async consumeLink(kind: ExportKind, token: string): Promise<boolean> {
      const rows = await db.queryTexts({
        name: 'consume-export-link',
        text: `DELETE FROM export_links
               WHERE token_hash = decode($1, 'hex') AND kind = $2 AND expires_at > now() RETURNING true`,
        values: [hashOf(token), kind],
      })
      return rows.length > 0
    },

    /** Deletes up to `limit` expired links and returns how many. Replicas may run it at the same time. */
    async deleteExpired(limit: number): Promise<number> {
      const rows = await db.queryTexts({
        name: 'delete-expired-export-links',
        text: `DELETE FROM export_links WHERE token_hash = ANY (ARRAY(
                 SELECT token_hash FROM export_links WHERE expires_at <= now() ORDER BY expires_at LIMIT $1))
               RETURNING true`,
        values: [limit],
      })
      return rows.length
    },
  }
}
