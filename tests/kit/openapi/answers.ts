import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { FastifyInstance, onSendAsyncHookHandler } from 'fastify'

type DocumentedAnswer = {
  headers: Record<string, { required?: boolean; schema: { type?: string } }>
  content?: Record<string, unknown>
}

/** The parts of an OpenAPI document that answers are checked against. */
export type Document = {
  paths: Record<string, Record<string, { responses: Record<string, DocumentedAnswer> }>>
  components?: { schemas: Record<string, unknown> }
}

/** `body` is undefined while it is a stream. */
export type Answer = { status: number; headers: Record<string, unknown>; body: string | undefined }

/** Headers about the connection or the encoding of the body, which need no documentation. */
const ordinaryHeaders = [
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-content-type-options',
]

/**
 * Returns a function that lists where an operation's answer differs from the document: its status, headers,
 * content type or body. A member that the document does not name is also a fault.
 */
export function createAnswerChecker(document: Document) {
  const ajv = formats.default(new Ajv2020({ strict: false, allErrors: true }))
  ajv.addSchema(closed(document, document) as object, 'document')

  /** Returns the faults of `value` by the schema at this place of the document. */
  function faultsOf(value: unknown, ...place: string[]): string[] {
    const pointer = place.map((name) => encodeURIComponent(name.replaceAll('/', '~1')))
    const validate = ajv.getSchema(`document#/${pointer.join('/')}`)
    assert.ok(validate, `no schema at ${place}`)
    return validate(value) ? [] : [`${place.at(-2)}: ${ajv.errorsText(validate.errors)}`]
  }

  return (
    { method, path }: { method: string; path: string },
    { status, headers, body }: Answer,
  ): string[] => {
    const responses = document.paths[path]?.[method.toLowerCase()]?.responses
    const key = !responses?.[status] && isHttpRefusal(status, body) ? 'default' : String(status)
    const place = ['paths', path, method.toLowerCase(), 'responses', key]
    const documented = responses?.[key]
    if (!documented) return ['this status is not documented']

    const faults: string[] = []
    const names = Object.keys(documented.headers).map((name) => name.toLowerCase())
    for (const name of Object.keys(headers)) {
      if (![...names, ...ordinaryHeaders].includes(name)) faults.push(`${name}: is not documented`)
    }
    for (const [name, { required, schema }] of Object.entries(documented.headers)) {
      const value = headers[name.toLowerCase()]
      if (value !== undefined) {
        const typed = schema.type === 'integer' ? Number(value) : value
        faults.push(...faultsOf(typed, ...place, 'headers', name, 'schema'))
      } else if (required) faults.push(`${name}: is missing`)
    }
    const [type = ''] = String(headers['content-type']).split(';')
    if (!documented.content && (status === 204 || status === 304)) {
      if (body !== '') faults.push(`a body, although ${status} has none`)
    } else if (!documented.content?.[type]) faults.push(`content-type: ${type} is not documented`)
    else if (body !== undefined) {
      for (const value of valuesIn(body, type))
        faults.push(...faultsOf(value, ...place, 'content', type, 'schema'))
    }
    return faults
  }
}

/** Returns what a schema describes: the whole body, or each line of NDJSON. */
function valuesIn(body: string, type: string): unknown[] {
  if (type === 'application/x-ndjson') {
    const lines = body.split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line))
  }
  return [type.endsWith('json') ? JSON.parse(body) : body]
}

/** Whether HTTP itself refused the request before an operation was reached: every operation's `default`. */
function isHttpRefusal(status: number, body = ''): boolean {
  const code = /"code":"(\w+)"/.exec(body)?.[1]
  return ['400 bad_request', '408 request_timeout', '431 headers_too_large'].includes(`${status} ${code}`)
}

/** Forbids further members in all object schemas that name members and do not mention others. */
function closed(schema: unknown, document: Document): unknown {
  if (Array.isArray(schema)) return schema.map((item) => closed(item, document))
  if (typeof schema !== 'object' || schema === null) return schema
  if ('allOf' in schema) return closed(together(schema.allOf as Schema[], document), document)
  const entries = Object.entries(schema).map(([name, value]) => [name, closed(value, document)])
  const copy = Object.fromEntries(entries)
  return 'properties' in copy ? { additionalProperties: false, ...copy } : copy
}

type Schema = { $ref?: string; properties?: object; required?: string[] }

/**
 * Returns one schema instead of several that all hold, each of which would forbid the members of the others. Of
 * members that several describe, the last one counts.
 */
function together(schemas: Schema[], document: Document) {
  const parts = schemas.map((schema) => (schema.$ref ? resolve(schema.$ref, document) : schema))
  return {
    type: 'object',
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  }
}

const resolve = (reference: string, { components }: Document) =>
  components?.schemas[reference.split('/').at(-1) ?? ''] as Schema

/**
 * Checks every answer of the routes that are registered from now on, those of plugins in progress included, against
 * the app's OpenAPI document. Returns a function to call at the end, which throws if an answer was not as documented.
 */
export function watchAnswers(app: FastifyInstance): () => void {
  const faults = new Set<string>()
  let check: ReturnType<typeof createAnswerChecker> | undefined
  const watch: onSendAsyncHookHandler = async ({ method, routeOptions }, reply, payload) => {
    const { url = '', schema } = routeOptions
    if (schema?.hide || method === 'HEAD') return payload
    const path = url.replace(/:(\w+)/g, '{$1}')
    check ??= createAnswerChecker(app.swagger() as unknown as Document)
    const body = payload instanceof Readable ? undefined : String(payload ?? '')
    const answer = { status: reply.statusCode, headers: reply.getHeaders(), body }
    for (const fault of check({ method, path }, answer))
      faults.add(`${method} ${path} ${answer.status}, ${fault}`)
    return payload
  }
  // as the last hook of each route, because those before it may add headers
  app.addHook('onRoute', (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), watch]
  })
  return () => assert.deepEqual([...faults], [], 'answers that differ from the OpenAPI document')
}
