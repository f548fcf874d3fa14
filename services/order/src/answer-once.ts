import { hash } from 'node:crypto'
import type { Database, TextQueryable, Transaction } from '@shop/service/database/database'
import { AppError, ConflictError } from '@shop/service/errors'
import {
  createIdempotencyRepository,
  type StoredAnswer,
  storeBody,
  takeKey,
} from './db/idempotency-repository.ts'

export type Answer = { status: number; body: string; location: string }

export type OnceAnswer = Answer & { replayed: boolean }

type Request = {
  userId: string
  /** The Idempotency-Key; without one, the request is simply answered. */
  key: string | undefined
  /** What is asked for, as text: the same key with another text is a mistake of the caller's. */
  request: string
  /** The order that the answer is about. */
  orderId: string
  /** Runs in the transaction in which the answer is stored. It may run again, so it must do nothing but query. */
  answer: (transaction: Transaction) => Promise<Answer>
}

export type AnswerOnce = ReturnType<typeof createAnswerOnce>

/**
 * Returns a function that answers a request about an order once per user and key, for 24 hours: the work and the stored
 * answer are one transaction, so neither exists without the other. A failure stores nothing, so a repeated request
 * starts again. Throws ConflictError while the same key is in progress, AppError 422 for a key that was used for another
 * request. (Orders are placed in batches, with keys of the same kind: see place-order.ts.)
 */
export function createAnswerOnce({ db, pipeline }: { db: Database; pipeline: TextQueryable }) {
  const answers = createIdempotencyRepository(pipeline)

  return async ({ userId, key, request, orderId, answer }: Request): Promise<OnceAnswer> => {
    if (key === undefined) return db.transaction(async (tx) => isNew(await answer(tx)))
    const fingerprint = fingerprintOf(request)
    const stored = await answers.findAnswer({ userId, key })
    if (stored) return replay(stored, fingerprint)

    return db.transaction(async (tx) => {
      const state = await takeKey(tx, { userId, key, fingerprint, orderId })
      if (state === 'taken') {
        const made = await answer(tx)
        tx.sendWithCommit(storeBody({ userId, key }, made))
        return isNew(made)
      }
      const answered =
        state === 'answered' ? await createIdempotencyRepository(tx).findAnswer({ userId, key }) : undefined
      if (!answered) throw keyInProgress()
      return replay(answered, fingerprint)
    })
  }
}

const isNew = (answer: Answer): OnceAnswer => ({ ...answer, replayed: false })

/** Returns the hash of a request, in hexadecimal. */
export const fingerprintOf = (request: string) => hash('sha256', request)

/** Returns the stored answer to the request with the fingerprint `expected`. Throws AppError 422 if it is another's. */
export function replay({ fingerprint, ...answer }: StoredAnswer, expected: string): OnceAnswer {
  if (fingerprint !== expected) throw keyReused()
  return { ...answer, replayed: true }
}

export const keyReused = () =>
  new AppError(
    422,
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request; use a new one for each request.',
  )

export const keyInProgress = (options: { cause?: unknown } = {}) =>
  new ConflictError('idempotency_in_progress', 'A request with this Idempotency-Key is in progress.', {
    ...options,
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
