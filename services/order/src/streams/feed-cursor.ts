import {
  checkFeedCursor,
  type FeedCursor,
  type FeedState,
  feedCursorPattern,
  parseFeedCursor,
} from '@shop/service/paging/feed-cursor'

export const cursorPattern = feedCursorPattern('[\\w-]{1,32}')

/** Returns the place that a cursor stands for. Throws ValidationError for any other text. */
export const parseCursor = (text: string, parameter: string) =>
  parseFeedCursor(text, {
    pattern: cursorPattern,
    parameter,
    detail: 'must be the id of an event of this stream',
  })

const remedy = 'Load the orders again, then open the stream without a cursor.'

const remedies = { otherEpoch: remedy, ahead: remedy, expired: remedy }

/** Throws like checkFeedCursor. */
export const checkCursor = (cursor: FeedCursor, state: FeedState) =>
  checkFeedCursor(cursor, state, { remedies })
