import { Ajv } from 'ajv'
import type { TSchema } from 'typebox'
import { type ErrorDetail, ValidationError } from './errors.ts'
import { isUuid } from './schemas.ts'

/** Throws ValidationError when any of `checks` found an error; the error lists them all. */
export function throwIfInvalid(...checks: ErrorDetail[][]): void {
  const errors = checks.flat()
  if (errors.length > 0) throw new ValidationError(errors)
}

/**
 * Returns an error for each of the named ids that is not a UUID. PostgreSQL would refuse it too, but that
 * would be answered as a 500.
 */
export function idErrors(ids: Record<string, unknown>): ErrorDetail[] {
  return Object.entries(ids)
    .filter(([, id]) => !isUuid(id))
    .map(([parameter]) => ({ parameter, detail: 'must be a UUID' }))
}

/**
 * The validator that Fastify loads anyway: typebox's would take 10 MB more. Schemas with a format have a
 * pattern too.
 */
const ajv = new Ajv({ validateFormats: false, strict: false })

/** Returns whether `value` conforms to `schema`. Each schema is compiled once, on first use. */
export function conforms(schema: TSchema, value: unknown): boolean {
  return ajv.validate(schema, value)
}
