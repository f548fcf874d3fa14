/** `npm run contract:write`: writes docs/openapi.json. */
import { writeFileSync } from 'node:fs'
import { contractFile, contractText } from './contract-text.ts'

writeFileSync(contractFile, await contractText())
