import type { TextQueryable } from '@shop/service/database/database'

/**
 * The right to move events and to run the sinks. Every statement that only the holder may run checks both, because a
 * token alone could have been given again after a backup was restored.
 */
export type Lease = {
  /** Rises with each takeover; PostgreSQL's text of a bigint. */
  token: string
  /** The UUID of the process. */
  holder: string
}

export type LeaseRepository = ReturnType<typeof createLeaseRepository>

/** How long a lease lasts without being renewed, by the clock of the database, in seconds. */
export const leaseSeconds = 3

/** The row of the lease, if the first two parameters are its token and holder. */
export const ofLease = 'token = $1 AND holder = $2'

const fromNow = `clock_timestamp() + interval '${leaseSeconds} seconds'`

const newEpoch = 'left(gen_random_uuid()::text, 8)'

export function createLeaseRepository(db: TextQueryable) {
  return {
    /**
     * Takes the lease for `holder` with a new token, unless another process has it. In a database that was restored from a
     * dump this begins a new epoch. Returns undefined while the lease is taken.
     */
    async takeOver(holder: string): Promise<Lease | undefined> {
      const [row] = await db.queryTexts({ ...takeLease, values: [holder] })
      return row && { token: row[0] as string, holder }
    },

    /** Extends the lease. Returns whether it was still this one's. */
    async renew({ token, holder }: Lease): Promise<boolean> {
      const rows = await db.queryTexts({ ...renewLease, values: [token, holder] })
      return rows.length > 0
    },

    /** Gives the lease back, so that another process can take it immediately. */
    async release({ token, holder }: Lease): Promise<void> {
      await db.queryTexts({ ...releaseLease, values: [token, holder] })
    },

    /** Begins a new epoch: all cursors that consumers have become invalid. Returns it, or undefined before the relay has run. */
    async beginEpoch(): Promise<string | undefined> {
      const [row] = await db.queryTexts({ ...beginEpoch, values: [] })
      return row?.[0] ?? undefined
    },
  }
}

/** The row is only locked when the lease has expired, so that those who wait for it do not disturb the holder. */
const takeLease = {
  name: 'take-lease',
  text: `
    INSERT INTO relay_state AS state (epoch, fingerprint, holder, lease_until)
    SELECT ${newEpoch}, feed_fingerprint(), $1::uuid, ${fromNow}
    WHERE NOT EXISTS (SELECT FROM relay_state WHERE lease_until > clock_timestamp())
    ON CONFLICT (id) DO UPDATE
    SET token = state.token + 1, holder = excluded.holder, lease_until = excluded.lease_until,
      epoch = CASE WHEN state.fingerprint = excluded.fingerprint THEN state.epoch ELSE excluded.epoch END,
      fingerprint = excluded.fingerprint
    WHERE state.lease_until <= clock_timestamp()
    RETURNING token`,
}

const renewLease = {
  name: 'renew-lease',
  text: `UPDATE relay_state SET lease_until = ${fromNow} WHERE ${ofLease} RETURNING token`,
}

const releaseLease = {
  name: 'release-lease',
  text: `UPDATE relay_state SET lease_until = '-infinity' WHERE ${ofLease}`,
}

const beginEpoch = {
  name: 'begin-epoch',
  text: `UPDATE relay_state SET epoch = ${newEpoch} RETURNING epoch`,
}
