import { AppError, ValidationError } from '../errors.ts'

/** A place in a feed: after the event at this position, in one life of the database. */
export type FeedCursor = { epoch: string; position: number }

/** What a feed has: the positions of its last event, and of the first one that retention has left. */
export type FeedState = { epoch: string; head: number; oldest: number }

/** The pattern of cursors whose epochs match `epoch`. */
export const feedCursorPattern = (epoch: string) => `^${epoch}\\.(?:0|[1-9]\\d{0,14})$`

export const formatFeedCursor = ({ epoch, position }: FeedCursor): string => `${epoch}.${position}`

/**
 * Returns the place that a cursor of this pattern stands for. Throws ValidationError for any other text, with the name of
 * the parameter and what was expected.
 */
export function parseFeedCursor(
  text: string,
  { pattern, parameter, detail }: { pattern: string; parameter: string; detail: string },
): FeedCursor {
  if (!new RegExp(pattern).test(text)) throw new ValidationError([{ parameter, detail }])
  const [epoch, position] = text.split('.') as [string, string]
  return { epoch, position: Number(position) }
}

/**
 * Throws AppError 409 `cursor_of_another_epoch` or `cursor_ahead` for a cursor that this feed never gave, because a backup
 * was restored, and 410 `cursor_expired` for one whose next events are gone. `remedies` say what to do then; `members` are
 * added to the answer.
 */
export function checkFeedCursor(
  { epoch, position }: FeedCursor,
  state: FeedState,
  { remedies, members }: { remedies: Remedies; members?: Record<string, unknown> },
): void {
  const options = { ...(members && { members }) }
  const explain = (text: string, remedy?: string) => (remedy ? `${text} ${remedy}` : text)
  if (epoch !== state.epoch) {
    const text = explain('This cursor is from before a backup was restored.', remedies.otherEpoch)
    throw new AppError(409, 'cursor_of_another_epoch', text, options)
  }
  if (position > state.head) {
    const text = explain('This cursor is ahead of the last event.', remedies.ahead)
    throw new AppError(409, 'cursor_ahead', text, options)
  }
  if (position < state.oldest - 1) {
    const text = explain('The events after this cursor are no longer kept.', remedies.expired)
    throw new AppError(410, 'cursor_expired', text, options)
  }
}

/** What to do with a cursor that is refused, in a sentence. */
type Remedies = { otherEpoch?: string; ahead?: string; expired?: string }
