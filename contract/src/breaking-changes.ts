import type { Document, Operation, Response } from './document.ts'
import { createSchemaComparison } from './schema-changes.ts'

type Pair<Part> = { name: string; before: Part; after: Part }

/**
 * Returns what a client that follows the document `before` can fail on after the change to `after`, in the words in which
 * the changelog has to name it. Of the changes that CONTRIBUTING.md lists, it finds those that the document shows; a new
 * meaning of a member does not show.
 */
export function breakingChanges(before: Document, after: Document): string[] {
  const compareSchemas = createSchemaComparison({ before, after })

  function operationChanges({ name, before, after }: Pair<Operation>): string[] {
    const pair = { name, before, after }
    const isRenamed = before.operationId !== after.operationId
    return [
      ...(isRenamed ? [`${name} is no longer ${before.operationId} in clients made from the document`] : []),
      ...tokenChanges(pair),
      ...parameterChanges(pair),
      ...bodyChanges(pair),
      ...Object.keys(before.responses).flatMap((status) => responseChanges(pair, status)),
    ]
  }

  function parameterChanges({ name, ...pair }: Pair<Operation>): string[] {
    const [earlier, later] = [parametersOf(pair.before, before), parametersOf(pair.after, after)]
    const changes = [...earlier].flatMap(([key, parameter]) => {
      const successor = later.get(key)
      if (!successor) return [`${name} ${key} is removed`]
      const schemas = { before: parameter.schema, after: successor.schema }
      return compareSchemas({ place: `${name} ${key}`, ...schemas, direction: 'request' })
    })
    const required = [...later].filter(([key, { required }]) => required && !earlier.get(key)?.required)
    return [...changes, ...required.map(([key]) => `${name} ${key} is required`)]
  }

  function bodyChanges({ name, before, after }: Pair<Operation>): string[] {
    const [earlier, later] = [before.requestBody, after.requestBody]
    const required = later?.required && !earlier?.required ? [`${name} body is required`] : []
    const changes = Object.entries(earlier?.content ?? {}).flatMap(([type, { schema }]) => {
      const successor = later?.content[type]
      if (!successor) return [`${name} body is no longer ${type}`]
      const schemas = { before: schema, after: successor.schema }
      return compareSchemas({ place: `${name} body`, ...schemas, direction: 'request' })
    })
    return [...required, ...changes]
  }

  function responseChanges(pair: Pair<Operation>, status: string): string[] {
    const name = `${pair.name} ${status}`
    const [response, successor] = [pair.before.responses[status], pair.after.responses[status]]
    if (!response || !successor) return [`${name} is removed`]
    const [earlier, later] = [resolve(response, before), resolve(successor, after)]
    const headers = Object.keys(earlier.headers ?? {}).filter((header) => !later.headers?.[header])
    const contents = Object.entries(earlier.content ?? {}).flatMap(([type, { schema }]) => {
      const content = later.content?.[type]
      if (!content) return [`${name} is no longer ${type}`]
      const schemas = { before: schema, after: content.schema }
      return compareSchemas({ place: name, ...schemas, direction: 'answer' })
    })
    return [...headers.map((header) => `${name} header ${header} is removed`), ...contents]
  }

  return Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`
      const successor = after.paths[path]?.[method]
      if (!successor) return [`${name} is removed`]
      return operationChanges({ name, before: operation, after: successor })
    }),
  )
}

/** What was enough to authenticate must still be. */
function tokenChanges({ name, before, after }: Pair<Operation>): string[] {
  const waysOf = ({ security = [] }: Operation) =>
    security.length === 0 ? [[]] : security.map((requirement) => Object.keys(requirement))
  return waysOf(before)
    .filter((given) => !waysOf(after).some((needed) => needed.every((scheme) => given.includes(scheme))))
    .map((given) => `${name} can no longer be called with ${given.join(' and ') || 'no token'}`)
}

const parametersOf = ({ parameters = [] }: Operation, document: Document) =>
  new Map(
    parameters
      .map((parameter) => resolve(parameter, document))
      .map((parameter) => [`${parameter.in} parameter ${parameter.name}`, parameter]),
  )

/** Returns the part, or what its reference stands for. */
function resolve<Part extends Response | NonNullable<Operation['parameters']>[number]>(
  part: Part,
  { components }: Document,
): Part {
  const { $ref } = part as { $ref?: string }
  if ($ref === undefined) return part
  const [kind = '', name = ''] = $ref.split('/').slice(-2)
  const target = components[kind]?.[name]
  if (target === undefined) throw new Error(`${$ref} is not in the document`)
  return target as Part
}
