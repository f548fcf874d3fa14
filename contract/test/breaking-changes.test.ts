import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { breakingChanges } from '../src/breaking-changes.ts'
import { contractFile } from '../src/contract-text.ts'
import type { Document } from '../src/document.ts'
import { releasedFile, unnamedChanges } from '../src/released.ts'

const base = {
  paths: {
    '/things': {
      get: {
        operationId: 'listThings',
        security: [],
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } }],
        responses: {
          200: {
            description: '',
            headers: { ETag: {} },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          400: {
            description: '',
            content: {
              'application/problem+json': {
                schema: { allOf: [{ properties: { code: { enum: ['a', 'b'] } } }] },
              },
            },
          },
        },
      },
      post: {
        operationId: 'createThing',
        security: [{ bearer: [] }],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/NewThing' } } },
        },
        responses: {
          201: {
            description: '',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string' },
          size: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
          parts: { type: 'array', items: { $ref: '#/components/schemas/Thing' } },
        },
      },
      NewThing: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: {
          name: { type: 'string', maxLength: 10 },
          kind: { type: 'string', enum: ['x', 'y'] },
        },
      },
    },
  },
}

type Base = typeof base

/** Returns the breaking changes of a copy that `change` has changed. */
function changesAfter(change: (copy: Base) => void): string[] {
  const copy = structuredClone(base)
  change(copy)
  return breakingChanges(base as unknown as Document, copy as unknown as Document)
}

// a member of a fixture may go
const remove = (object: object, name: string) => void delete (object as Record<string, unknown>)[name]

const breaking: Record<string, [change: (copy: Base) => void, found: string[]]> = {
  'a path is removed': [
    ({ paths }) => remove(paths, '/things'),
    ['GET /things is removed', 'POST /things is removed'],
  ],
  'an operation is removed': [({ paths }) => remove(paths['/things'], 'post'), ['POST /things is removed']],
  'an operationId changes': [
    ({ paths }) => void Object.assign(paths['/things'].get, { operationId: 'things' }),
    ['GET /things is no longer listThings in clients made from the document'],
  ],
  'a token is required': [
    ({ paths }) => void Object.assign(paths['/things'].get, { security: [{ bearer: [] }] }),
    ['GET /things can no longer be called with no token'],
  ],
  'a parameter is removed': [
    ({ paths }) => void Object.assign(paths['/things'].get, { parameters: [] }),
    ['GET /things query parameter limit is removed'],
  ],
  'a parameter is required': [
    ({ paths }) => Object.assign(paths['/things'].get.parameters[0] as object, { required: true }),
    ['GET /things query parameter limit is required'],
  ],
  'a limit is narrower': [
    ({ paths }) => Object.assign(paths['/things'].get.parameters[0]?.schema as object, { maximum: 50 }),
    ['GET /things query parameter limit has the maximum 50'],
  ],
  'a status is removed': [
    ({ paths }) => remove(paths['/things'].get.responses, '200'),
    ['GET /things 200 is removed'],
  ],
  'a header is removed': [
    ({ paths }) => remove(paths['/things'].get.responses[200].headers, 'ETag'),
    ['GET /things 200 header ETag is removed'],
  ],
  'an error code is removed': [
    ({ paths }) =>
      void paths['/things'].get.responses[400].content[
        'application/problem+json'
      ].schema.allOf[0]?.properties.code.enum.pop(),
    ['GET /things 400.code is no longer b in answers'],
  ],
  'a member of an answer is removed': [
    ({ components }) => remove(components.schemas.Thing.properties, 'size'),
    ['Thing.size is removed from answers'],
  ],
  'a member of an answer may be absent': [
    ({ components }) => void Object.assign(components.schemas.Thing, { required: [] }),
    ['Thing.name is no longer always there'],
  ],
  'a member of an answer has another type': [
    ({ components }) => void Object.assign(components.schemas.Thing.properties.name, { type: 'integer' }),
    ['Thing.name is integer in answers, not string'],
  ],
  'a member of an answer may be null': [
    ({ components }) =>
      Object.assign(components.schemas.Thing.properties, {
        name: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      }),
    ['Thing.name is null or string in answers, not string'],
  ],
  'one of several answers gets another schema': [
    ({ paths }) =>
      Object.assign(paths['/things'].post.responses[201].content['application/json'].schema, {
        $ref: '#/components/schemas/NewThing',
      }),
    ['POST /things 201.size is removed from answers', 'POST /things 201.parts is removed from answers'],
  ],
  'all answers get another schema, which contains itself': [
    ({ paths, components }) => {
      const { name, parts } = components.schemas.Thing.properties
      const items = { $ref: '#/components/schemas/Other' }
      const Other = { type: 'object', properties: { name, parts: { ...parts, items } } }
      Object.assign(components.schemas, { Other })
      for (const { content } of [paths['/things'].get.responses[200], paths['/things'].post.responses[201]])
        content['application/json'].schema = items
    },
    [
      'GET /things 200.size is removed from answers',
      'GET /things 200.name is no longer always there',
      'POST /things 201.size is removed from answers',
      'POST /things 201.name is no longer always there',
    ],
  ],
  'a member of a body is removed': [
    ({ components }) => remove(components.schemas.NewThing.properties, 'kind'),
    ['NewThing.kind is removed from requests'],
  ],
  'a member of a body is required': [
    ({ components }) => void components.schemas.NewThing.required.push('kind'),
    ['NewThing.kind is required'],
  ],
  'a body accepts fewer values': [
    ({ components }) => void components.schemas.NewThing.properties.kind.enum.pop(),
    ['NewThing.kind is no longer y in requests'],
  ],
  'a body accepts shorter texts': [
    ({ components }) => void Object.assign(components.schemas.NewThing.properties.name, { maxLength: 5 }),
    ['NewThing.name has the maxLength 5'],
  ],
  'a body has another pattern': [
    ({ components }) => Object.assign(components.schemas.NewThing.properties.name, { pattern: '^a' }),
    ['NewThing.name has another pattern'],
  ],
}

describe('breaking', () => {
  for (const [what, [change, found]] of Object.entries(breaking))
    test(what, () => assert.deepEqual(changesAfter(change), found))
})

const compatible: Record<string, (copy: Base) => void> = {
  nothing: () => undefined,
  'a new operation': ({ paths }) =>
    void Object.assign(paths['/things'], { put: { operationId: 'put', responses: {} } }),
  'an optional parameter': ({ paths }) =>
    void paths['/things'].get.parameters.push({ name: 'q', in: 'query', schema: {} as never }),
  'a token is no longer required': ({ paths }) => void Object.assign(paths['/things'].post, { security: [] }),
  'a wider limit': ({ paths }) =>
    void Object.assign(paths['/things'].get.parameters[0]?.schema as object, { maximum: 200 }),
  'a new member of an answer': ({ components }) =>
    void Object.assign(components.schemas.Thing.properties, { more: { type: 'string' } }),
  'a member of an answer is never null': ({ components }) =>
    void Object.assign(components.schemas.Thing.properties, { size: { type: 'integer' } }),
  'an optional member of a body': ({ components }) =>
    void Object.assign(components.schemas.NewThing.properties, { more: { type: 'string' } }),
  'a body accepts more values': ({ components }) =>
    void components.schemas.NewThing.properties.kind.enum.push('z'),
  'a new error code': ({ paths }) =>
    void paths['/things'].get.responses[400].content[
      'application/problem+json'
    ].schema.allOf[0]?.properties.code.enum.push('c'),
}

describe('not breaking', () => {
  for (const [what, change] of Object.entries(compatible))
    test(what, () => assert.deepEqual(changesAfter(change), []))
})

test('changes that the changelog names under Unreleased are no longer reported', () => {
  const changes = ['GET /things is removed', 'Thing.size is removed from answers']
  const changelog = `## [Unreleased]\n### Removed\n- Nobody used it: \`GET /things is\n  removed\`.\n\n## [0.1.0]\n- \`Thing.size is removed from answers\`\n`
  assert.deepEqual(unnamedChanges(changes, changelog), ['Thing.size is removed from answers'])
})

test('CHANGELOG.md names every breaking change since the last release', () => {
  const read = (file: URL) => readFileSync(file, 'utf8')
  const changes = breakingChanges(JSON.parse(read(releasedFile)), JSON.parse(read(contractFile)))
  const changelog = read(new URL('../../CHANGELOG.md', import.meta.url))
  assert.deepEqual(
    unnamedChanges(changes, changelog),
    [],
    'name each under Changed or Removed, between backticks, or take it back',
  )
})
