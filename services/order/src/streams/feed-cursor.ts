import { AppError, ValidationError } from '@shop/service/errors'

/** A place in the feed: after the event at this position, in one life of the database. */
export type Cursor = { epoch: string; position: number }

/** What the feed has: the positions of its last event, and of the first one that retention has left. */
export type FeedState = { epoch: string; head: number; oldest: number }

export const cursorPattern = '^[\\w-]{1,32}\\.(?:0|[1-9]\\d{0,14})$'

export const formatCursor = ({ epoch, position }: Cursor): string => `${epoch}.${position}`

/** Returns the place that a cursor stands for. Throws ValidationError for any other text. */
export function parseCursor(text: string, parameter: string): Cursor {
  if (!new RegExp(cursorPattern).test(text))
    throw new ValidationError([{ parameter, detail: 'must be the id of an event of this stream' }])
  const [epoch, position] = text.split('.') as [string, string]
  return { epoch, position: Number(position) }
}

/**
 * Throws AppError 409 `cursor_of_another_epoch` or `cursor_ahead` for a cursor that this feed never gave, because a backup
 * was restored, and 410 `cursor_expired` for one whose next events are no longer kept.
 */
export function checkCursor({ epoch, position }: Cursor, state: FeedState): void {
  const remedy = 'Load the orders again, then open the stream without a cursor.'
  if (epoch !== state.epoch)
    throw new AppError(
      409,
      'cursor_of_another_epoch',
      `This cursor is from before a backup was restored. ${remedy}`,
    )
  if (position > state.head)
    throw new AppError(409, 'cursor_ahead', `This cursor is ahead of the last event. ${remedy}`)
  if (position < state.oldest - 1)
    throw new AppError(410, 'cursor_expired', `The events after this cursor are no longer kept. ${remedy}`)
}
