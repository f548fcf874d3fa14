import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { documentFile, documentTypes } from '../scripts/document-types.ts'

test('src/document.ts is what docs/openapi.json says; npm run client:types writes it', async () => {
  const types = await documentTypes()
  assert.match(types, /placeOrder: \{/)
  assert.ok(readFileSync(documentFile, 'utf8') === types, 'run npm run client:types')
})
