import type { TextQueryable, TextRow } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import { NotFoundError } from '@shop/service/errors'
import { type OrderStatus, orderStatuses } from '../order.ts'
import { closedStatuses } from '../transitions.ts'
import type { Actor } from './order-changes.ts'

/** How far the erasure of a user's personal data has come. */
export type Erasure = {
  userId: string
  /** How many times an order was erased, for all requests about the user. */
  erased: number
  /** Orders that are open, so that their data is still needed. */
  waiting: number
  /** The request covers the orders that were placed until then. */
  requestedAt: string
  completedAt: string | null
}

/** A walk through the orders that a request covers; `requestedAt` is PostgreSQL's text, to the microsecond. */
export type Sweep = { userId: string; requestedAt: string }

/** The order that a slice ended with; `createdAt` is PostgreSQL's text, to the microsecond. */
export type SweepPosition = { createdAt: string; id: string }

export type ErasedSlice = {
  erased: number
  /** How many orders of the slice are open. */
  waiting: number
  /** Where the next slice begins, or undefined at the end. */
  next: SweepPosition | undefined
}

export type ErasureRepository = ReturnType<typeof createErasureRepository>

const openStatuses = orderStatuses.filter(
  (status) => !(closedStatuses as readonly OrderStatus[]).includes(status),
)

export function createErasureRepository(db: TextQueryable) {
  return {
    /**
     * Stores a request for the orders that the user has now, in place of an earlier one, and returns its sweep, which
     * the caller must carry out: other replicas leave it to the caller for an hour.
     */
    async request(userId: string, actor: Actor): Promise<Sweep> {
      const [row] = await db.queryTexts({ ...upsertErasure, values: [userId, JSON.stringify(actor)] })
      return toSweep(row as TextRow)
    },

    /** Returns the sweep of a request that is due, if any, and leaves it to the caller for an hour. */
    async claimDue(): Promise<Sweep | undefined> {
      const [row] = await db.queryTexts({ ...claimDueErasure, values: [] })
      return row && toSweep(row)
    },

    /** Visits up to `limit` orders from `position` on, newest first, and erases those that are closed. */
    async eraseSlice(
      userId: string,
      { position, limit }: { position: SweepPosition | undefined; limit: number },
    ): Promise<ErasedSlice> {
      const [row] = await db.queryTexts({
        ...eraseOrders,
        values: [userId, position?.createdAt ?? null, position?.id ?? null, limit],
      })
      const [erased, waiting, createdAt, id] = row as TextRow
      return {
        erased: Number(erased),
        waiting: Number(waiting),
        next: createdAt && id ? { createdAt, id } : undefined,
      }
    },

    /** Completes the request, unless there is a newer one, which covers more orders than the sweep has visited. */
    async complete({ userId, requestedAt }: Sweep): Promise<void> {
      await db.queryTexts({ ...completeErasure, values: [userId, requestedAt] })
    },

    /** Leaves the rest of a sweep to the background job of any replica. */
    async makeDue(userId: string): Promise<void> {
      await db.queryTexts({ ...makeErasureDue, values: [userId] })
    },

    /** Throws NotFoundError when nobody has asked to erase the user's data. */
    async findErasure(userId: string): Promise<Erasure> {
      const [row] = await db.queryTexts({ ...selectErasure, values: [userId] })
      if (!row) throw new NotFoundError('erasure')
      const [id, erased, waiting, requestedAt, completedAt] = row as [
        string,
        string,
        string,
        string,
        string | null,
      ]
      return {
        userId: id,
        erased: Number(erased),
        waiting: Number(waiting),
        requestedAt: toTimestamp(requestedAt),
        completedAt: completedAt === null ? null : toTimestamp(completedAt),
      }
    },
  }
}

const toSweep = ([userId, requestedAt]: TextRow): Sweep => ({
  userId: userId as string,
  requestedAt: requestedAt as string,
})

const anHourFromNow = `clock_timestamp() + interval '1 hour'`

const upsertErasure = {
  name: 'upsert-erasure',
  text: `
    INSERT INTO erasures (user_id, requested_at, requested_by, due_at)
    VALUES ($1, clock_timestamp(), $2, ${anHourFromNow})
    ON CONFLICT (user_id) DO UPDATE
    SET requested_at = greatest(clock_timestamp(), erasures.requested_at + interval '1 microsecond'),
      requested_by = excluded.requested_by, due_at = excluded.due_at, completed_at = NULL
    RETURNING user_id, requested_at`,
}

const claimDueErasure = {
  name: 'claim-due-erasure',
  text: `
    UPDATE erasures SET due_at = ${anHourFromNow}
    WHERE user_id = (
      SELECT user_id FROM erasures WHERE completed_at IS NULL AND due_at <= clock_timestamp()
      ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING user_id, requested_at`,
}

const eraseOrders = {
  name: 'erase-orders',
  text: 'SELECT erased, waiting, next_created_at, next_id FROM erase_orders($1, $2, $3, $4)',
}

const completeErasure = {
  name: 'complete-erasure',
  text: `UPDATE erasures SET completed_at = clock_timestamp()
         WHERE user_id = $1 AND requested_at = $2 AND completed_at IS NULL`,
}

const makeErasureDue = {
  name: 'make-erasure-due',
  text: 'UPDATE erasures SET due_at = clock_timestamp() WHERE user_id = $1 AND completed_at IS NULL',
}

const selectErasure = {
  name: 'select-erasure',
  text: `
    SELECT user_id, erased_orders,
      CASE WHEN completed_at IS NULL THEN (
        SELECT count(*) FROM orders
        WHERE user_id = $1 AND status IN (${openStatuses.map((status) => `'${status}'`).join(', ')})
          AND created_at <= requested_at
      ) ELSE 0 END,
      requested_at, completed_at
    FROM erasures WHERE user_id = $1`,
}
