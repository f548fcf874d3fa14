import { Ajv } from 'ajv'
import type { TSchema } from 'typebox'
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

/** Fastify's own validator: typebox's would be 10 MB more to load. Formats are left to the patterns beside them. */
const ajv = new Ajv({ validateFormats: false, strict: false })

/** Whether `value` is as `schema` has it. Each schema is compiled once, when it is first needed. */
export function conforms(schema: TSchema, value: unknown): boolean {
  return ajv.validate(schema, value)
}
