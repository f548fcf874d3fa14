import { isDeepStrictEqual } from 'node:util'

type Header = { schema: { required?: boolean } }
type Response = { description: string; headers?: Record<string, Header>; content?: unknown }
type Operation = { tags?: string[]; responses: Record<string, Response> }

/** An OpenAPI document, as far as it is changed here. */
export type OpenApiDocument = {
  paths: Record<string, Record<string, Operation>>
  components: Record<string, unknown>
  tags?: { name: string }[]
}

/** The tag of routes that are for whoever runs the service, not for its clients. */
export const operationTag = 'operation'

/** Completes the document made of the routes: with what all of them have alike, and each titled schema written once. */
export function completeDocument(document: OpenApiDocument): OpenApiDocument {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  for (const operation of operations) describeAnswers(operation)
  const schemas = {}
  const paths = nameSchemas(document.paths, schemas) as OpenApiDocument['paths']
  return { ...document, tags: tagsOf(operations), paths, components: { ...document.components, schemas } }
}

/** In the order in which /docs shows them: what the service is for comes first. */
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
    'Any other refusal: by HTTP itself before an operation is reached (408, 431), or by a gateway in front.',
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

/** Members whose values are data, not schemas, whatever they look like. */
const data = new Set(['default', 'enum', 'example', 'examples'])

/** A copy of `value` in which every schema with a title is a reference; the schemas themselves go into `schemas`. */
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
