import type { FastifyRequest, HookHandlerDoneFunction, RouteOptions } from 'fastify'

/**
 * An onRoute hook. Query parameters are text, and type coercion is off because it accepts even `0x10`, `1e1`
 * or an empty text as a number. So the parameters that are integers in the route's schema are converted here
 * if they are plain decimals; anything else stays text and fails validation.
 */
export function readIntegers(route: RouteOptions) {
  const names = integerNames(route.schema?.querystring)
  if (names.length === 0) return
  const convert = (request: FastifyRequest, _reply: unknown, done: HookHandlerDoneFunction) => {
    const query = request.query as Record<string, unknown>
    for (const name of names) {
      const text = query[name]
      if (typeof text === 'string' && /^(?:0|-?[1-9]\d{0,14})$/.test(text)) query[name] = Number(text)
    }
    done()
  }
  route.preValidation = [convert, ...[route.preValidation ?? []].flat()]
}

function integerNames(querystring: unknown): string[] {
  const { properties = {} } = (querystring ?? {}) as { properties?: Record<string, { type?: string }> }
  return Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
}
