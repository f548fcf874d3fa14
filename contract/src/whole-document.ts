import { isDeepStrictEqual } from 'node:util'
import { type OpenApiDocument, operationTag } from '@shop/service/http/openapi'
import manifest from '../package.json' with { type: 'json' }
import { description, tags } from './descriptions.ts'

/** What the gateway answers itself, of the routes that each service has for operation. */
const ofGateway = ['/healthz', '/openapi.json']

/**
 * Returns the documents of the services as one, as clients see them through the gateway. Throws if two
 * services use one path, one operationId, or one name for different schemas.
 */
export function wholeDocument(documents: OpenApiDocument[]): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Shop',
      version: manifest.version,
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The gateway that serves this document.' }],
    tags,
    paths: mergePaths(documents),
    components: mergeComponents(documents),
  } as OpenApiDocument
}

function mergePaths(documents: OpenApiDocument[]): OpenApiDocument['paths'] {
  const paths: OpenApiDocument['paths'] = {}
  for (const [path, operations] of documents.flatMap((document) => Object.entries(document.paths))) {
    const isForOperation = Object.values(operations).some(({ tags }) => tags?.includes(operationTag))
    if (isForOperation && !ofGateway.includes(path)) continue
    // each service has those; they are the same
    if (path in paths && !isForOperation) throw new Error(`Two services answer ${path}`)
    paths[path] = operations
  }
  return paths
}

/** Members such as `schemas`, each with what all services have under it. */
function mergeComponents(documents: OpenApiDocument[]): Record<string, unknown> {
  const merged: Record<string, Record<string, unknown>> = {}
  for (const [kind, members] of documents.flatMap(({ components }) => Object.entries(components))) {
    merged[kind] ??= {}
    for (const [name, member] of Object.entries(members as object)) {
      merged[kind][name] ??= member
      if (!isDeepStrictEqual(merged[kind][name], member)) throw new Error(`Two services differ in ${name}`)
    }
  }
  return merged
}
