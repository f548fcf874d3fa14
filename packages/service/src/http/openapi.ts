import { isDeepStrictEqual } from 'node:util'

type Header = { schema: { required?: boolean; type?: string; description?: string } }
type Response = { description: string; headers?: Record<string, Header>; content?: unknown }
type Operation = { tags?: string[]; responses: Record<string, Response> }

/** The parts of an OpenAPI document that are changed here. */
export type OpenApiDocument = {
  paths: Record<string, Record<string, Operation>>
  components: Record<string, unknown>
  tags?: { name: string }[]
}

/** The tag of routes for operators. */
export const operationTag = 'operation'

/**
 * Returns the document completed with what all routes have in common, and with each titled schema written
 * once.
 */
export function completeDocument(document: OpenApiDocument): OpenApiDocument {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  for (const operation of operations) describeAnswers(operation)
  const schemas = {}
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
    'Any other error: from HTTP itself before an operation is reached (400 bad_request, 408, 431), 403 insufficient_scope where the operator requires scopes of tokens, or from a gateway in front.',
  headers: { 'WWW-Authenticate': { schema: { type: 'string', description: 'As in RFC 6750.' } } },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

function describeAnswers({ responses }: Operation) {
  responses.default = { ...otherProblem }
  for (const response of Object.values(responses)) {
    const headers = Object.entries(response.headers ?? {}).map(([name, header]) => [name, toHeader(header)])
    response.headers = { 'X-Request-ID': requestIdHeader, ...Object.fromEntries(headers) }
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
 * `schemas`.
 */
function nameSchemas(value: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => nameSchemas(item, schemas))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    data.has(name) ? member : nameSchemas(member, schemas),
  ])
  const copy = Object.fromEntries(entries)
  const { title } = copy
  if (typeof title !== 'string') return copy
  schemas[title] ??= copy
  if (!isDeepStrictEqual(schemas[title], copy)) throw new Error(`Two schemas have the title ${title}`)
  return { $ref: `#/components/schemas/${title}` }
}
