import { inspect } from 'node:util'

/** What helps whoever runs this; a stack trace only for what must be a mistake in the code. */
export function explainError(error: unknown): string {
  if (error instanceof SuppressedError)
    return `${explainError(error.suppressed)}\n${explainError(error.error)}`
  if (error instanceof AggregateError) return error.errors.map(explainError).join('\n')
  const isMistake = error instanceof ReferenceError || (error instanceof TypeError && !('code' in error))
  return error instanceof Error && !isMistake ? error.message : inspect(error)
}
