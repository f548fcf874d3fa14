import type { FastifyInstance } from 'fastify'

type Schema = {
  $ref?: string
  type?: string
  format?: string
  pattern?: string
  enum?: unknown[]
  maxLength?: number
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  items?: Schema
  examples?: unknown[]
  anyOf?: Schema[]
}

type Document = {
  paths: Record<
    string,
    Record<string, { requestBody?: { content: { 'application/json': { schema: Schema } } } }>
  >
  components: { schemas: Record<string, Schema> }
}

/** What people write into these members is not personal, by decision, and stays. */
const kept = ['postalCode', 'reference', 'carrier', 'trackingNumber']

/** Members that another form of the request has instead. */
const alternatives: Record<string, string[]> = { 'POST /orders': ['productId', 'quantity'] }

/**
 * Returns bodies for the app's operations, made from its OpenAPI document, that have a different canary in every member
 * and every name of a member that takes free text.
 */
export function createCanaries(app: FastifyInstance) {
  const document = app.swagger() as unknown as Document
  const all: string[] = []
  const nextCanary = () => {
    all.push(`canary-${all.length}-`)
    return all.at(-1) as string
  }

  const resolve = (schema: Schema): Schema =>
    schema.$ref ? (document.components.schemas[schema.$ref.split('/').at(-1) as string] as Schema) : schema

  function fill(given: Schema, name = ''): unknown {
    const schema = resolve(given)
    if (schema.properties)
      return Object.fromEntries(
        Object.entries(schema.properties).map(([member, of]) => [member, fill(of, member)]),
      )
    if (schema.patternProperties)
      return Object.fromEntries(Object.values(schema.patternProperties).map((of) => [nextCanary(), fill(of)]))
    if (schema.items) return [fill(schema.items)]
    return isFreeText(schema) && !kept.includes(name) ? nextCanary() : schema.examples?.[0]
  }

  function bodySchema(operation: string): Schema {
    const [method = '', path = ''] = operation.split(' ')
    const schema =
      document.paths[path]?.[method.toLowerCase()]?.requestBody?.content['application/json'].schema
    return schema ? resolve(schema) : {}
  }

  return {
    /** The canaries of all bodies so far. */
    all,

    /** Returns a body for the operation, such as `POST /orders`, with `members` in place of those of the same name. */
    bodyFor(operation: string, members: object = {}): Record<string, unknown> {
      const body = { ...(fill({ ...bodySchema(operation) }) as object), ...members }
      return Object.fromEntries(
        Object.entries(body).filter(
          ([name, value]) => value !== undefined && !alternatives[operation]?.includes(name),
        ),
      )
    },

    /** Returns the operations whose bodies take free text that does not stay. */
    operations(): string[] {
      const named = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      )
      const before = all.length
      const found = named.filter((operation) => {
        const count = all.length
        fill(bodySchema(operation))
        return all.length > count
      })
      all.length = before
      return found
    },
  }
}

function isFreeText({ type, format, pattern, enum: values, maxLength = 1000 }: Schema): boolean {
  const text = 'canary-1000-'
  return (
    type === 'string' &&
    !format &&
    !values &&
    text.length <= maxLength &&
    (!pattern || new RegExp(pattern, 'u').test(text))
  )
}
