import type { FastifySchemaValidationError } from 'fastify'
import type { ErrorDetail } from '../errors.ts'

/** A hostile body can be wrong in thousands of ways. */
const maxDetails = 20

/** Returns the failures of a request's validation without repetitions, at most `maxDetails`. */
export function validationDetails(
  validation: FastifySchemaValidationError[],
  context?: string,
): ErrorDetail[] {
  const details = validation.slice(0, 2 * maxDetails).map((failure): ErrorDetail => {
    const { missingProperty, additionalProperty } = failure.params as Record<string, string | undefined>
    const member = missingProperty ?? additionalProperty
    const detail = describe(failure)
    if (context !== 'body') return { parameter: member ?? failure.instancePath.split('/')[1] ?? '', detail }
    const path = member === undefined ? '' : `/${escapePointer(member)}`
    return { pointer: failure.instancePath + path, detail }
  })
  // format and pattern of one schema may fail together with the same message
  const distinct = new Map(details.map((detail) => [JSON.stringify(detail), detail]))
  return [...distinct.values()].slice(0, maxDetails)
}

function describe(
  failure: FastifySchemaValidationError & { parentSchema?: { format?: string; description?: string } },
): string {
  const { keyword, params, message = 'is not valid', parentSchema } = failure
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return 'is not allowed'
    case 'enum':
      return `must be one of ${(params.allowedValues as string[]).join(', ')}`
    case 'pattern':
    case 'format':
      if (parentSchema?.format) return `must be a valid ${parentSchema.format}`
      return `has the wrong format${parentSchema?.description ? `: ${parentSchema.description}` : ''}`
    default:
      return message
  }
}

/** Returns a member's name as a part of a JSON Pointer (RFC 6901). */
export const escapePointer = (member: string) => member.replaceAll('~', '~0').replaceAll('/', '~1')
