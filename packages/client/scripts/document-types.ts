import { readFileSync } from 'node:fs'
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'

const source = new URL('../../../docs/openapi.json', import.meta.url)

/** Where the package has the types of the API. */
export const documentFile = new URL('../src/document.ts', import.meta.url)

/**
 * Returns the types of the API's document, as TypeScript. The headers of answers are left out: fetch has no types
 * for them, and they would be half of the file.
 */
export async function documentTypes(): Promise<string> {
  const document = JSON.parse(readFileSync(source, 'utf8'), (key, value) =>
    key === 'responses'
      ? Object.fromEntries(
          Object.entries(value as object).map(([status, answer]) => [status, withoutHeaders(answer)]),
        )
      : value,
  ) as OpenAPI3
  // defaultNonNullable would require members of requests that have a default
  const types = astToString(await openapiTS(document, { defaultNonNullable: false }))
  return `/** Generated from docs/openapi.json by \`npm run client:types\`: do not edit. */\n${types}`
}

function withoutHeaders(answer: object): object {
  return 'headers' in answer ? { ...answer, headers: undefined } : answer
}
