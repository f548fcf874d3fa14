import {
  checkFeedCursor,
  type FeedCursor,
  type FeedState,
  feedCursorPattern,
  formatFeedCursor,
  parseFeedCursor,
} from '@shop/service/paging/feed-cursor'

export const cursorPattern = feedCursorPattern('[0-9a-f]{8}')

/** Returns the place that a cursor stands for. Throws ValidationError for any other text. */
export const parseCursor = (text: string) =>
  parseFeedCursor(text, {
    pattern: cursorPattern,
    parameter: 'after',
    detail: 'must be a cursor of this feed, or latest',
  })

const remedies = {
  otherEpoch: 'Compare your data with the orders, then go on from `latest`.',
}

/** Throws like checkFeedCursor; the answer has the cursors that lead on. */
export function checkCursor(cursor: FeedCursor, state: FeedState): void {
  const { epoch, oldest, head } = state
  const members = {
    first: formatFeedCursor({ epoch, position: oldest - 1 }),
    latest: formatFeedCursor({ epoch, position: head }),
  }
  checkFeedCursor(cursor, state, { remedies, members })
}
