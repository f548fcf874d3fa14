import { inspect } from 'node:util'

/** Returns an error's message for an operator; with a stack trace only if it indicates a bug. */
export function explainError(error: unknown): string {
  if (error instanceof SuppressedError)
    return `${explainError(error.suppressed)}\n${explainError(error.error)}`
  if (error instanceof AggregateError) return error.errors.map(explainError).join('\n')
  const isMistake = error instanceof ReferenceError || (error instanceof TypeError && !('code' in error))
  return error instanceof Error && !isMistake ? error.message : inspect(error)
}
