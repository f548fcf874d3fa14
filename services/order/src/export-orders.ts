import { Readable } from 'node:stream'
import { ServiceUnavailableError } from '@shop/service/errors'
import type { FastifyBaseLogger } from 'fastify'
import type { ExportRequest } from './db/export-links.ts'
import type { ExportRepository, ExportSlice } from './db/export-repository.ts'
import { orderWriter } from './export-format.ts'
import { createPlaces } from './places.ts'
import type { Party } from './transitions.ts'

export type ExportOrders = ReturnType<typeof createExportOrders>

type ExportOptions = {
  /** Who exports; also whose orders are exported, unless `party` is an operator. */
  userId: string
  party: Party
  request: ExportRequest
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  /** Runs when the first orders have been read; the export ends if it throws. */
  confirm?: () => Promise<void>
}

export type Export = { contentType: string; filename: string; content: Readable }

/** Exports of one user at the same time, so that nobody takes up all places. */
const maxExportsPerUser = 2

/** An export takes seconds, or as long as its reader wants. */
const retryAfterSeconds = 10

/**
 * Returns a function that starts an export, newest order first. Its content is read from the database at the pace of
 * its reader, slice by slice: orders placed after the start are missing, and none is there twice, because an order
 * never moves in this sequence. The content must be read or destroyed. The function throws ServiceUnavailableError
 * `exports_busy` beyond `maxExports` in progress, and everything that can be thrown before the first orders are read;
 * later failures destroy the content.
 */
export function createExportOrders({
  exports: repository,
  maxExports,
}: {
  exports: ExportRepository
  maxExports: number
}) {
  const takePlace = createPlaces({ max: maxExports, maxPerUser: maxExportsPerUser })

  return async (options: ExportOptions): Promise<Export> => {
    const { userId, party, request, log, confirm = async () => undefined } = options
    const filters = party === 'owner' ? { userId } : (request.filters ?? {})
    const writer = orderWriter(request.format, party, request.locale)
    const leavePlace = takePlace(userId)
    if (typeof leavePlace === 'string') {
      throw new ServiceUnavailableError('exports_busy', 'Too many exports are in progress.', {
        retryAfterSeconds,
      })
    }
    try {
      const first = await repository.readSlice(filters, party)
      await confirm()
      const progress = { orders: 0, isComplete: false }
      const about = { userId, party, ...request }
      // before the first byte leaves: the end may never be logged
      log.info({ export: about }, 'export started')
      const content = Readable.from(chunks(first, progress))
      content.once('close', () => {
        leavePlace()
        const { errored } = content
        if (errored)
          log[errored instanceof ServiceUnavailableError ? 'warn' : 'error'](
            { err: errored },
            'export broke off',
          )
        log.info({ export: about, ...progress }, 'export ended')
      })
      const day = new Date().toISOString().slice(0, 10)
      return { contentType: writer.contentType, filename: `orders-${day}.${writer.extension}`, content }
    } catch (error) {
      leavePlace()
      throw error
    }

    /** One chunk a slice; the next one is read when the stream asks for it. */
    async function* chunks(first: ExportSlice, progress: { orders: number; isComplete: boolean }) {
      if (writer.head) yield writer.head
      for (let slice = first; ; ) {
        if (slice.orders.length > 0) yield writer.write(slice.orders)
        progress.orders += slice.orders.length
        if (!slice.next) break
        slice = await repository.readSlice(filters, party, slice.next)
      }
      progress.isComplete = true
    }
  }
}
