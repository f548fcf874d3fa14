import { AppError, ValidationError } from '@shop/service/errors'

/** A place in the feed of one epoch: after the event with this position. */
export type Cursor = { epoch: string; position: number }

/** What the feed has: the position of its last event, and of the first one that retention has left. */
export type FeedState = { epoch: string; head: number; oldest: number }

export const cursorPattern = '^[0-9a-f]{8}\\.(?:0|[1-9]\\d{0,14})$'

export const formatCursor = ({ epoch, position }: Cursor): string => `${epoch}.${position}`

/** Returns the place that a cursor stands for. Throws ValidationError for any other text. */
export function parseCursor(text: string): Cursor {
  if (!new RegExp(cursorPattern).test(text))
    throw new ValidationError([{ parameter: 'after', detail: 'must be a cursor of this feed, or latest' }])
  const [epoch, position] = text.split('.') as [string, string]
  return { epoch, position: Number(position) }
}

/**
 * Throws AppError 409 `cursor_of_another_epoch` or `cursor_ahead` for a cursor that this feed never gave, because a backup
 * was restored, and 410 `cursor_expired` for one whose next events are gone.
 */
export function checkCursor({ epoch, position }: Cursor, state: FeedState): void {
  const members = {
    first: formatCursor({ epoch: state.epoch, position: state.oldest - 1 }),
    latest: formatCursor({ epoch: state.epoch, position: state.head }),
  }
  if (epoch !== state.epoch)
    throw new AppError(
      409,
      'cursor_of_another_epoch',
      'This cursor is from before a backup was restored. Compare your data with the orders, then go on from `latest`.',
      { members },
    )
  if (position > state.head)
    throw new AppError(409, 'cursor_ahead', 'This cursor is ahead of the last event.', { members })
  if (position < state.oldest - 1)
    throw new AppError(410, 'cursor_expired', 'The events after this cursor are no longer kept.', { members })
}
