import fc from 'fast-check'
import type { InjectOptions } from 'fastify'
import {
  badAuthorization,
  contentType,
  cookieHeader,
  headerText,
  oddHeader,
  oddMethod,
} from './hostile-headers.ts'
import { hostileBytes, hostileText, hostileValue, toObject } from './hostile-values.ts'

type Schema = {
  $ref?: string
  type?: string
  enum?: unknown[]
  const?: unknown
  format?: string
  pattern?: string
  examples?: unknown[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  properties?: Record<string, Schema>
  required?: string[]
}

/** `example` stands here for `examples` of the schema. */
type Parameter = { in: 'path' | 'query' | 'header'; name: string; schema: Schema; example?: unknown }

type Operation = {
  tags?: string[]
  security?: Record<string, unknown>[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

/** The parts of an OpenAPI document that requests are generated from. */
export type RequestDocument = {
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    securitySchemes: Record<string, { in?: string; name?: string }>
  }
}

export type RequestOptions = {
  /** Valid values of Authorization, of all kinds. */
  authorizations: string[]
  /** Ids of existing resources, for path parameters and ids in bodies. */
  ids: string[]
  /** Valid values of cookies, for operations that read one. */
  cookies?: string[]
}

/**
 * Generates requests for one operation: valid, nearly valid and hostile ones, in every part that a client can
 * choose.
 */
export function requestsFor(
  document: RequestDocument,
  { path, method }: { path: string; method: string },
  { authorizations, ids, cookies = [] }: RequestOptions,
): fc.Arbitrary<InjectOptions> {
  const { parameters = [], requestBody, security = [] } = document.paths[path]?.[method] ?? {}
  const bodySchema = requestBody?.content['application/json']?.schema

  /** Generates values that fit the schema, as far as that is simple, and values that nearly fit. */
  function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
    if (schema.$ref) return valuesOf(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
    if (schema.const !== undefined) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    switch (schema.type) {
      case 'integer': {
        const { minimum = 0, maximum = 2 ** 31 - 1 } = schema
        const edges = [minimum, maximum, minimum - 1, maximum + 1, minimum + 0.5]
        return mostly(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(...edges))
      }
      case 'string':
        return textsOf(schema)
      case 'object':
        return objectsOf(schema)
      default:
        return hostileValue
    }
  }

  function textsOf({
    format,
    examples = [],
    pattern,
    minLength = 0,
    maxLength = 100,
  }: Schema): fc.Arbitrary<string> {
    if (format === 'uuid') return mostly(fc.constantFrom(...ids), fc.uuid())
    if (format === 'email') return fc.oneof(fc.constantFrom(...examples.map(String)), fc.emailAddress())
    if (examples.length > 0 && pattern) return fc.oneof(fc.constantFrom(...examples.map(String)), hostileText)
    const edges = [minLength, maxLength, maxLength + 1].map((length) => 'é'.repeat(length))
    return fc.oneof(fc.string({ minLength, maxLength: Math.min(maxLength, 100) }), fc.constantFrom(...edges))
  }

  function objectsOf({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
    const members = Object.entries(properties).map(([name, schema]) => {
      const value = mostly(valuesOf(schema), hostileValue)
      const presence = required.includes(name) ? 12 : 2
      return fc.option(fc.tuple(fc.constant(name), value), { freq: presence })
    })
    const more = fc.array(fc.tuple(hostileText, hostileValue), { maxLength: 1 })
    return fc
      .tuple(fc.tuple(...members), mostly(fc.constant([]), more))
      .map(([known, unknown]) => toObject([...known.filter((member) => member !== null), ...unknown]))
  }

  const textFor = ({ schema, example }: Parameter) => {
    const examples = example === undefined ? {} : { examples: [example] }
    return mostly(valuesOf({ ...schema, ...examples }).map(String), hostileText, 2)
  }

  const pathname = fc
    .tuple(
      ...parameters
        .filter((parameter) => parameter.in === 'path')
        // without it the path is another operation's
        .map((parameter) => fc.tuple(fc.constant(parameter.name), textFor(parameter).filter(Boolean))),
    )
    .map((values) => values.reduce((url, [name, text]) => url.replace(`{${name}}`, () => encode(text)), path))

  const queryPair = fc.oneof(
    ...parameters
      .filter((parameter) => parameter.in === 'query')
      .map((parameter) => ({
        weight: 3,
        arbitrary: fc.tuple(fc.constant(parameter.name), textFor(parameter)),
      })),
    { weight: 1, arbitrary: fc.tuple(hostileText, hostileText) },
  )
  const query = fc
    .array(queryPair, { maxLength: 3 })
    .map((pairs) => pairs.map(([name, text]) => `${encode(name)}=${encode(text)}`).join('&'))

  const ownHeaders = parameters
    .filter((parameter) => parameter.in === 'header')
    .map((parameter) =>
      fc.option(fc.tuple(fc.constant(parameter.name.toLowerCase()), textFor(parameter).map(headerText))),
    )
  const cookieNames = security
    .flatMap((requirement) => Object.keys(requirement))
    .map((scheme) => document.components.securitySchemes[scheme])
    .flatMap((scheme) => (scheme?.in === 'cookie' && scheme.name ? [scheme.name] : []))
  const cookie = cookieHeader(cookieNames, cookies)
  const headers = fc
    .tuple(
      mostly(fc.constantFrom(...authorizations), badAuthorization, 8),
      fc.tuple(...ownHeaders),
      mostly(fc.constant([]), fc.array(oddHeader, { maxLength: 3 })),
      cookie,
    )
    .map(([authorization, own, odd, cookies]) =>
      Object.fromEntries([
        ...odd,
        ...(cookies === undefined ? [] : [['cookie', cookies]]),
        ...own.filter((header) => header !== null),
        ...(authorization === undefined ? [] : [['authorization', authorization]]),
      ]),
    )

  const body = !bodySchema
    ? fc.constant(undefined)
    : fc.oneof(
        { weight: 6, arbitrary: valuesOf(bodySchema).map(toBytes) },
        { weight: 2, arbitrary: hostileValue.map(toBytes) },
        { weight: 1, arbitrary: hostileBytes },
      )

  return fc
    .tuple(pathname, query, headers, body, contentType, mostly(fc.constant(undefined), oddMethod, 15))
    .map(([url, search, own, payload, type, odd]) => ({
      method: (odd ?? method.toUpperCase()) as 'GET',
      url: search ? `${url}?${search}` : url,
      headers: payload === undefined ? own : { ...own, 'content-type': type },
      ...(payload !== undefined && { payload }),
    }))
}

const mostly = <Value, Other>(one: fc.Arbitrary<Value>, other: fc.Arbitrary<Other>, weight = 4) =>
  fc.oneof({ weight, arbitrary: one }, { weight: 1, arbitrary: other })

const toBytes = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '')

/** Escapes byte by byte: encodeURIComponent throws for half a surrogate pair, and leaves dots unescaped. */
function encode(text: string): string {
  const bytes = Buffer.from(text).toString('latin1')
  return bytes.replace(/[^\w-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
