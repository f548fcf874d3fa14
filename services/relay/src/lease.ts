import { setTimeout as wait } from 'node:timers/promises'
import { untraced } from '@shop/service/tracing'
import type { Logger } from 'pino'
import { type Lease, type LeaseRepository, leaseSeconds } from './db/lease-repository.ts'

export type HeldLease = ReturnType<typeof startLease>

/** Time between renewals, and between attempts to take the lease, in milliseconds. */
const everyMs = 1000

type Held = { lease: Lease; ending: AbortController; work: Promise<unknown>; expiry: NodeJS.Timeout }

/**
 * Takes the lease whenever no other process has it, keeps it, and meanwhile runs `work`, whose signal is aborted as soon
 * as another process may have taken over. `work` must not throw.
 */
export function startLease(
  leases: LeaseRepository,
  {
    holder,
    log,
    work,
  }: {
    holder: string
    log: Pick<Logger, 'info' | 'warn'>
    work: (lease: Lease, signal: AbortSignal) => Promise<unknown>
  },
) {
  const stopped = new AbortController()
  let held: Held | undefined

  /** By the clock of this process, from before the request, so that it never ends later than in the database. */
  const expireAfter = (ending: AbortController, sentAt: number) =>
    setTimeout(
      () => lose(ending, 'was not renewed in time'),
      sentAt + leaseSeconds * 1000 - performance.now(),
    )

  function lose(ending: AbortController, reason: string) {
    if (held?.ending !== ending) return
    log.warn({ lease: held.lease.token }, `the lease ${reason}`)
    end(held)
  }

  function end({ ending, expiry }: Held) {
    clearTimeout(expiry)
    held = undefined
    ending.abort()
  }

  async function takeOver() {
    const sentAt = performance.now()
    const lease = await leases.takeOver(holder)
    if (!lease) return
    log.info({ lease: lease.token }, 'took the lease')
    const ending = new AbortController()
    held = { lease, ending, expiry: expireAfter(ending, sentAt), work: work(lease, ending.signal) }
  }

  async function renew(current: Held) {
    const sentAt = performance.now()
    const isOurs = await leases.renew(current.lease)
    if (!isOurs) return lose(current.ending, 'is gone')
    if (held !== current) return
    clearTimeout(current.expiry)
    current.expiry = expireAfter(current.ending, sentAt)
  }

  async function repeat() {
    let former: Promise<unknown> | undefined
    while (!stopped.signal.aborted) {
      try {
        // what the former lease began has ended before a new one is taken
        if (held) former = held.work
        else await former
        if (held) await renew(held)
        else await takeOver()
      } catch (error) {
        log.warn({ err: error }, 'the lease could not be taken or renewed')
      }
      await wait(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  }
  const repeating = untraced(repeat)

  return {
    /** Returns the lease while this process has it. */
    current: (): Lease | undefined => held?.lease,

    /** Reports that a statement was refused for lack of the lease. */
    refused(lease: Lease) {
      if (held?.lease === lease) lose(held.ending, 'is gone')
    },

    /** Ends the work and gives the lease back. */
    async stop() {
      stopped.abort()
      await repeating
      if (!held) return
      const { lease, work } = held
      end(held)
      await work
      await leases
        .release(lease)
        .catch((error) => log.warn({ err: error }, 'the lease could not be given back'))
    },
  }
}
