import { type ErrorDetail, ValidationError } from './errors.ts'
import { isUuid } from './schemas.ts'

/** Throws ValidationError unless `errors` is empty. */
export function check(errors: ErrorDetail[]): void {
  if (errors.length > 0) throw new ValidationError(errors)
}

/** Those of the named ids that are not UUIDs: PostgreSQL would refuse them too, but as a fault of ours. */
export function invalidIds(ids: Record<string, unknown>): ErrorDetail[] {
  return Object.entries(ids)
    .filter(([, id]) => !isUuid(id))
    .map(([parameter]) => ({ parameter, detail: 'must be a UUID' }))
}
