import { STATUS_CODES } from 'node:http'
import { commonCodes } from '@shop/service/http/responses'
import { codeSchema, type Document, operationsOf, type Response } from './document.ts'
import { gatewayCodes } from './gateway-answers.ts'

type Kind = 'responses' | 'headers' | 'parameters' | 'schemas'

/** Returns the document with each error, header and parameter that several operations share written once, under its name. */
export function shareParts(document: Document): Document {
  const operations = operationsOf(document)
  const components: Document['components'] = { ...document.components }

  /** Returns a function that puts references in place of those parts that are there more than once. */
  function share<Part extends object>(kind: Kind, parts: [name: string, part: Part][]) {
    const counts = new Map<string, { name: string; part: Part; count: number }>()
    for (const [name, part] of parts) {
      const key = keyOf(name, part)
      counts.set(key, { name, part, count: (counts.get(key)?.count ?? 0) + 1 })
    }
    const shared = new Map<string, Part>()
    // of several with one name, the most frequent
    for (const { name, part, count } of [...counts.values()].sort((a, b) => b.count - a.count))
      if (count > 1 && !shared.has(name)) shared.set(name, part)
    components[kind] = { ...components[kind], ...Object.fromEntries(shared) }
    return (name: string, part: Part): Part => {
      const isShared = keyOf(name, shared.get(name)) === keyOf(name, part)
      return isShared ? ({ $ref: `#/components/${kind}/${name}` } as unknown as Part) : part
    }
  }

  const responses = operations.flatMap((operation) => Object.values(operation.responses))
  const shareHeader = share(
    'headers',
    responses.flatMap(({ headers = {} }) => Object.entries(headers)),
  )
  for (const response of responses)
    response.headers = mapValues(response.headers ?? {}, (header, name) => shareHeader(name, header))

  const errors = operations
    .flatMap((operation) => Object.entries(operation.responses))
    .filter(([, response]) => codeSchema(response))
  const shareError = share(
    'responses',
    errors.map(([status, error]) => [nameOfError(status, error), error]),
  )
  const parameters = operations.flatMap((operation) => operation.parameters ?? [])
  const shareParameter = share(
    'parameters',
    parameters.map((parameter) => [pascalCase(parameter.name), parameter]),
  )
  for (const operation of operations) {
    operation.responses = mapValues(operation.responses, (response, status) =>
      shareError(nameOfError(status, response), response),
    )
    operation.parameters = operation.parameters?.map((parameter) =>
      shareParameter(pascalCase(parameter.name), parameter),
    )
  }

  // an error with and without a quota is two answers, with one body
  const bodies = Object.entries(components.responses ?? {}).flatMap(([name, response]) =>
    Object.values((response as Response).content ?? {}).map(
      (media) => [`${name.replace(/WithQuota$/, '')}Problem`, media] as const,
    ),
  )
  const shareSchema = share(
    'schemas',
    bodies.map(([name, { schema }]) => [name, schema]),
  )
  for (const [name, media] of bodies) media.schema = shareSchema(name, media.schema)
  return { ...document, components }
}

const keyOf = (name: string, part: unknown) => `${name} ${JSON.stringify(part)}`

const mapValues = <Value>(object: Record<string, Value>, map: (value: Value, key: string) => Value) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]))

const pascalCase = (text: string) =>
  text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, first: string) => first.toUpperCase())

/**
 * Returns the name of the status for the codes that it has on most operations, otherwise one made of the other codes; where
 * requests are counted, that of the answer with its quota.
 */
function nameOfError(status: string, error: Response): string {
  if (status === 'default') return 'OtherError'
  return nameOfCodes(status, error) + (error.headers?.RateLimit ? 'WithQuota' : '')
}

function nameOfCodes(status: string, error: Response): string {
  const common = (commonCodes as Record<string, string[]>)[status]
  const codes = codeSchema(error)?.enum ?? []
  const others = common ? codes.filter((code) => ![...common, gatewayCodes[status]].includes(code)) : codes
  if (others.length > 0) return others.map(pascalCase).join('Or')
  // where no service is asked
  const isOnlyGateway = common && codes.length < common.length
  return `${pascalCase(STATUS_CODES[status] ?? '')}${isOnlyGateway ? 'AtGateway' : ''}`
}
