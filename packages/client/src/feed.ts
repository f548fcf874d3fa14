import { answer, type CallOptions, type Connection } from './connection.ts'
import { isTransient, pauseAfterMs } from './errors.ts'
import { type Paged, paged } from './paging.ts'
import { pause } from './pause.ts'
import type { Answer, Query } from './types.ts'

export type FeedPage = Answer<'listEvents'>

export type FeedOptions = Omit<Query<'listEvents'>, 'wait' | 'types'> &
  CallOptions & {
    /** Only events of these types; all by default. */
    types?: readonly string[]
  }

/** The server holds a request for so long when there is no event. */
const waitSeconds = 30

const earlyMs = 1_000

/**
 * Follows the feed from `after` on until `signal` aborts, and waits out what passes by itself. `pages()` has
 * `meta.next`, the cursor to store together with what the events of the page changed: going on from it loses
 * nothing. Throws ShopError for a cursor that leads nowhere any more: `cursor_expired`, `cursor_ahead`,
 * `cursor_of_another_epoch`.
 */
export function followFeed(connection: Connection, options: FeedOptions = {}): Paged<FeedPage> {
  const { signal, types, after: start, limit } = options
  return paged(async function* () {
    const { api, transport } = connection
    let after = start
    let failures = 0
    while (!signal?.aborted) {
      let page: FeedPage
      const askedAt = Date.now()
      // a request repeated with `latest` would begin after what came meanwhile, so the first cursor is fetched at once
      const wait = after === 'latest' ? 0 : waitSeconds
      const timeoutMs = wait * 1000 + transport.limits.timeoutMs
      try {
        const query = {
          wait,
          ...(after !== undefined && { after }),
          ...(limit !== undefined && { limit }),
          ...(types && { types: types.join(',') }),
        }
        page = await answer(
          api.GET('/admin/events', {
            params: { query },
            fetch: (request) => transport.send(request, { timeoutMs }),
            ...(signal && { signal }),
          }),
        )
        failures = 0
      } catch (error) {
        if (signal?.aborted) return
        if (!isTransient(error)) throw error
        await pause(pauseAfterMs(error, ++failures), signal).catch(() => {})
        continue
      }
      yield page
      after = page.meta.next
      // a server at which too many wait already answers at once
      const isEarly =
        wait > 0 && page.data.length === 0 && after === page.meta.head && Date.now() - askedAt < earlyMs
      if (isEarly) await pause(earlyMs, signal).catch(() => {})
    }
  })
}
