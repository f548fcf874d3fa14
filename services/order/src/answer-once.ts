import { createHash } from 'node:crypto'
import type { Database, TextQueryable, Transaction } from '@shop/service/database/database'
import { AppError, ConflictError } from '@shop/service/errors'
import { createIdempotencyRepository, type StoredAnswer, storeAnswer } from './db/idempotency-repository.ts'

export type Answer = { status: number; body: string; location: string }

type Request<Prepared> = {
  userId: string
  /** The Idempotency-Key; without one, the request is simply answered. */
  key: string | undefined
  /** What is asked for, as text: the same key with another text is a mistake of the caller's. */
  request: string
  /** Runs before the transaction, unless the answer is stored: for calls to other services. */
  prepare: () => Promise<Prepared>
  /** Runs in the transaction in which the answer is stored. It may run again, so it must do nothing but query. */
  answer: (transaction: Transaction, prepared: Prepared) => Promise<Answer>
}

export type AnswerOnce = ReturnType<typeof createAnswerOnce>

/**
 * Returns a function that answers a request once per user and key, for 24 hours: the work and the stored answer are
 * one transaction, so neither exists without the other. A failure stores nothing, so a repeated request starts again.
 * Throws ConflictError while the same key is in progress, AppError 422 for a key that was used for another request.
 */
export function createAnswerOnce({ db, pipeline }: { db: Database; pipeline: TextQueryable }) {
  const answers = createIdempotencyRepository(pipeline)

  return async <Prepared>(request: Request<Prepared>): Promise<Answer & { replayed: boolean }> => {
    const { userId, key, prepare, answer } = request
    const isNew = async (tx: Transaction, prepared: Prepared) => ({
      ...(await answer(tx, prepared)),
      replayed: false,
    })
    if (key === undefined) {
      const prepared = await prepare()
      return db.transaction((tx) => isNew(tx, prepared))
    }
    const fingerprint = createHash('sha256').update(request.request).digest('hex')
    const stored = await answers.findAnswer({ userId, key })
    if (stored) return replay(stored, fingerprint)

    const prepared = await prepare()
    return db.transaction(async (tx) => {
      const inTransaction = createIdempotencyRepository(tx)
      // the key may have been answered since the look-up; while the lock is held that cannot change
      const [locked, answered] = await Promise.all([
        inTransaction.lockKey({ userId, key }),
        inTransaction.findAnswer({ userId, key }),
      ])
      if (!locked) throw inProgress()
      if (answered) return replay(answered, fingerprint)
      const made = await isNew(tx, prepared)
      tx.sendWithCommit(storeAnswer({ userId, key }, { ...made, fingerprint }))
      return made
    })
  }
}

function replay({ fingerprint, status, body, location }: StoredAnswer, expected: string) {
  if (fingerprint !== expected) {
    throw new AppError(
      422,
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; use a new one for each request.',
    )
  }
  return { status, body, location, replayed: true }
}

const inProgress = () =>
  new ConflictError('idempotency_in_progress', 'A request with this Idempotency-Key is in progress.', {
    headers: { 'retry-after': '1' },
  })

/** Returns the same text for values that differ only in the order of their members, which has no meaning. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  )
}
