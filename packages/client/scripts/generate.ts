/** `npm run client:types`: writes src/document.ts from docs/openapi.json. */
import { writeFileSync } from 'node:fs'
import { documentFile, documentTypes } from './document-types.ts'

writeFileSync(documentFile, await documentTypes())
