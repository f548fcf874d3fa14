import { isDeepStrictEqual } from 'node:util'
import { Problem, problemType } from './responses.ts'

type Header = { schema: { required?: boolean } }
type Response = {
  description: string
  headers?: Record<string, Header>
  content?: Record<string, { schema: Schema }>
}
type Schema = { $ref?: string; title?: string; properties?: Record<string, unknown> }
type Operation = { tags?: string[]; security?: unknown[]; responses: Record<string, Response> }

/** The parts of an OpenAPI document that are changed here. */
export type OpenApiDocument = {
  paths: Record<string, Record<string, Operation>>
  components: Record<string, unknown>
  tags?: { name: string }[]
}

/** Without what TypeBox adds to JSON Schema. */
const generalProblem = JSON.parse(JSON.stringify(Problem))

/** The tag of routes for operators. */
export const operationTag = 'operation'

/**
 * Returns the document completed with what all routes have in common, and with each titled schema written
 * once.
 */
export function completeDocument(document: OpenApiDocument): OpenApiDocument {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  for (const operation of operations) {
    describeAnswers(operation)
    operation.security ??= []
  }
  const schemas = {}
  nameSchemas(generalProblem, schemas)
  const paths = nameSchemas(document.paths, schemas) as OpenApiDocument['paths']
  return { ...document, tags: tagsOf(operations), paths, components: { ...document.components, schemas } }
}

/** Returns the tags in the order in which /docs shows them, those for operators last. */
function tagsOf(operations: Operation[]) {
  const names = new Set(operations.flatMap(({ tags = [] }) => tags))
  names.delete(operationTag)
  return [...names, operationTag].map((name) => ({ name }))
}

const requestIdHeader = {
  description: "The caller's own X-Request-ID, or a new one.",
  required: true,
  schema: { type: 'string' },
}

const otherProblem = {
  description:
    'Any other error: from HTTP itself before an operation is reached (400 bad_request, 408, 431), or from a gateway in front.',
  content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
}

/** Writes the schema of a route's own problems as what it adds to those in general. */
function describeProblem(content: { schema: Schema } | undefined): void {
  if (!content || content.schema.title === generalProblem.title) return
  const own = Object.entries(content.schema.properties ?? {}).filter(
    ([name, schema]) => !isDeepStrictEqual(schema, generalProblem.properties[name]),
  )
  Object.assign(content, {
    schema: { allOf: [generalProblem, { type: 'object', properties: Object.fromEntries(own) }] },
  })
}

function describeAnswers({ responses }: Operation) {
  responses.default = { ...otherProblem }
  for (const response of Object.values(responses)) {
    const headers = Object.entries(response.headers ?? {}).map(([name, header]) => [name, toHeader(header)])
    response.headers = { 'X-Request-ID': requestIdHeader, ...Object.fromEntries(headers) }
    describeProblem(response.content?.[problemType])
  }
}

/** @fastify/swagger leaves `required` in a header's schema, where it would mean something else. */
function toHeader(header: Header) {
  const { required = false, ...schema } = header.schema
  return { ...header, required, schema }
}

/** Members whose values are data, never schemas. */
const data = new Set(['default', 'enum', 'example', 'examples'])

/**
 * Returns a copy of `value` in which every schema with a title is a reference, and adds those schemas to
 * `schemas`. Uses of a schema may differ in their description, which then stands beside the reference.
 */
function nameSchemas(value: unknown, schemas: Record<string, unknown>): unknown {
  const descriptions = new Map<string, Set<unknown>>()
  eachObject(value, ({ title, description }) => {
    if (typeof title === 'string')
      descriptions.set(title, (descriptions.get(title) ?? new Set()).add(description))
  })

  function name(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(name)
    if (!isObject(value)) return value
    const entries = Object.entries(value).map(([key, member]) => [key, data.has(key) ? member : name(member)])
    const copy = Object.fromEntries(entries)
    const { title } = copy
    if (typeof title !== 'string') return copy
    const isShared = descriptions.get(title)?.size === 1
    const { description, ...undescribed } = copy
    const schema = isShared ? copy : undescribed
    schemas[title] ??= schema
    if (!isDeepStrictEqual(schemas[title], schema)) throw new Error(`Two schemas have the title ${title}`)
    const reference = { $ref: `#/components/schemas/${title}` }
    return isShared || description === undefined ? reference : { ...reference, description }
  }
  return name(value)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Calls `visit` with each object in `value` that can be a schema. */
function eachObject(value: unknown, visit: (object: Record<string, unknown>) => void): void {
  if (!isObject(value)) return
  visit(value)
  for (const [key, member] of Object.entries(value)) if (!data.has(key)) eachObject(member, visit)
}
