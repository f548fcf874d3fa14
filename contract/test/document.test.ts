import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createConfig, lint } from '@redocly/openapi-core'
import { contractFile, contractText } from '../src/contract-text.ts'
import { type Document, operationsOf } from '../src/document.ts'
import { gatewayCodes } from '../src/gateway-answers.ts'

const text = readFileSync(contractFile, 'utf8')
const document = JSON.parse(text) as Document

test('docs/openapi.json is made from the routes as they are', async () => {
  assert.equal(text, await contractText(), 'npm run contract:write updates it')
})

test('the recommended rules of Redocly find nothing', async () => {
  const config = await createConfig({ extends: ['recommended'] })
  const found = await lint({ ref: fileURLToPath(contractFile), config })
  assert.deepEqual(
    found.map(({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`),
    [],
  )
})

test('every operation and every tag is described, and operationIds can be names of functions', () => {
  const operations = operationsOf(document) as (Document['paths'][string][string] & {
    description?: string
  })[]
  assert.ok(operations.length > 50)
  const ids = operations.map(({ operationId }) => operationId)
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index || !/^[a-z][A-Za-z]+$/.test(id)),
    [],
  )
  assert.deepEqual(
    operations.filter(({ description }) => !description).map(({ operationId }) => operationId),
    [],
  )
  const { tags } = document as unknown as { tags: { name: string; description: string }[] }
  assert.deepEqual(
    tags.map(({ name }) => name).sort(),
    [...new Set(operations.flatMap(({ tags = [] }) => tags))].sort(),
  )
  assert.ok(tags.every(({ description }) => description.length > 10))
})

/** Returns what a reference such as #/components/schemas/Problem names. */
function partAt(reference: string): unknown {
  const [, , kind = '', name = ''] = reference.split('/')
  return document.components[kind]?.[name]
}

test('every operation says whether it needs a token, and lists its error codes', () => {
  for (const { operationId, security, responses } of operationsOf(document)) {
    assert.ok(security, operationId)
    const unlisted = Object.entries(responses).filter(([status, response]) => {
      const errors = JSON.stringify(response, (_name, value) => (value?.$ref ? partAt(value.$ref) : value))
      return !/^[23]/.test(status) && !/"code":\{[^}]*"enum":\["\w+"/.test(errors)
    })
    assert.deepEqual(unlisted, [], operationId)
  }
})

test('every operation that needs a token lists the code of a token without a scope', () => {
  const closed = operationsOf(document).filter(({ security = [] }) => security.length > 0)
  assert.ok(closed.length > 30)
  const unlisted = closed.filter(({ responses }) => {
    // a status that an operation does not list is answered as `default` says
    const response = responses[403] ?? responses.default
    const errors = JSON.stringify(response, (_name, value) => (value?.$ref ? partAt(value.$ref) : value))
    return !/"code":\{[^}]*"enum":\[[^\]]*"insufficient_scope"/.test(errors)
  })
  assert.deepEqual(
    unlisted.map(({ operationId }) => operationId),
    [],
  )
})

test('no object with members and no enum is written twice', () => {
  const places = new Map<string, string[]>()
  function visit(value: unknown, place: string): void {
    if (typeof value !== 'object' || value === null) return
    const { properties, enum: values = [] } = value as { properties?: object; enum?: string[] }
    const isNamed = /^\/components\/schemas\/\w+$/.test(place)
    const isSchema = (properties && Object.keys(properties).length > 0) || values.length > 1
    if (isSchema && !isNamed && !place.includes('/code')) {
      const key = JSON.stringify(properties ?? values)
      places.set(key, [...(places.get(key) ?? []), place])
    }
    for (const [name, member] of Object.entries(value)) visit(member, `${place}/${name}`)
  }
  visit(document, '')
  assert.deepEqual(
    [...places.values()].filter((found) => found.length > 1),
    [],
  )
})

test('no example of an Idempotency-Key invites several clients to use the same one', () => {
  const { IdempotencyKey } = document.components.parameters ?? {}
  assert.ok(IdempotencyKey)
  assert.doesNotMatch(JSON.stringify(IdempotencyKey), /"(?:example|examples|default)":/)
})

test('the codes of the gateway are those of nginx.conf', () => {
  const configuration = readFileSync(new URL('../../gateway/nginx.conf', import.meta.url), 'utf8')
  const codes = [...configuration.matchAll(/"status":(\d{3}),.*"code":"(\w+)"/g)].map(([, status, code]) => [
    status,
    code,
  ])
  // nginx closes the connection without an answer when a request is too slow; Node answers
  assert.deepEqual(gatewayCodes, Object.fromEntries([...codes, ['408', 'request_timeout']]))
})
