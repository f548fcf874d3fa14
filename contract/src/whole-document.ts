import { isDeepStrictEqual } from 'node:util'
import { operationTag } from '@shop/service/http/openapi'
import manifest from '../package.json' with { type: 'json' }
import { description, tags } from './descriptions.ts'
import { type Document, operationsOf } from './document.ts'
import { addGatewayAnswers } from './gateway-answers.ts'
import { addProblemExamples } from './problem-examples.ts'
import { shareParts } from './shared-parts.ts'

/** What the gateway answers itself, of the routes that each service has for operation. */
const ofGateway = ['/healthz', '/openapi.json']

/** Request headers that the gateway sets and removes: clients cannot send them. */
const headersOfGateway = ['x-gateway-idempotency-key']

/**
 * Returns the documents of the services as one, as clients see them through the gateway. Throws if two
 * services use one path or one name for different things.
 */
export function wholeDocument(documents: Document[]): Document {
  const document = {
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
  }
  addGatewayAnswers(document)
  addProblemExamples(document)
  return withoutUnusedSchemas(shareParts(document))
}

function mergePaths(documents: Document[]): Document['paths'] {
  const paths: Document['paths'] = {}
  for (const [path, operations] of documents.flatMap((document) => Object.entries(document.paths))) {
    const isForOperation = Object.values(operations).some(({ tags }) => tags?.includes(operationTag))
    if (isForOperation && !ofGateway.includes(path)) continue
    // each service has those; they are the same
    if (path in paths && !isForOperation) throw new Error(`Two services answer ${path}`)
    paths[path] = structuredClone(operations)
  }
  for (const operation of operationsOf({ paths })) {
    if (!operation.parameters) continue
    operation.parameters = operation.parameters.filter(({ name }) => !headersOfGateway.includes(name))
  }
  return paths
}

/** Returns members such as `schemas`, each with what all services have under it. */
function mergeComponents(documents: Document[]): Record<string, Record<string, unknown>> {
  const merged: Record<string, Record<string, unknown>> = {}
  for (const [kind, members] of documents.flatMap(({ components }) => Object.entries(components))) {
    merged[kind] ??= {}
    for (const [name, member] of Object.entries(members)) {
      merged[kind][name] ??= member
      if (!isDeepStrictEqual(merged[kind][name], member)) throw new Error(`Two services differ in ${name}`)
    }
  }
  return merged
}

function withoutUnusedSchemas(document: Document): Document {
  const { schemas = {} } = document.components
  const text = JSON.stringify(document)
  const used = Object.entries(schemas).filter(([name]) => text.includes(`"#/components/schemas/${name}"`))
  if (used.length === Object.keys(schemas).length) return document
  const components = { ...document.components, schemas: Object.fromEntries(used) }
  return withoutUnusedSchemas({ ...document, components })
}
