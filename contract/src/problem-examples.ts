import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { codeSchema, type Document, operationsOf } from './document.ts'

const apiPage = new URL('../../docs/api.md', import.meta.url)

/** A row of the table of all codes. */
const row = /^\| (\d{3}) \| `(\w+)` \| (.*) \|$/gm

/** Adds an example of each code to each error, with the meaning that docs/api.md gives it. Throws for a code that is not there. */
export function addProblemExamples(document: Document): void {
  const meanings = new Map<string, string>()
  for (const [, status, code, meaning = ''] of readFileSync(apiPage, 'utf8').matchAll(row))
    meanings.set(`${status} ${code}`, meaning.replaceAll('`', ''))

  for (const { responses } of operationsOf(document)) {
    for (const [status, response] of Object.entries(responses)) {
      const media = response.content?.['application/problem+json']
      if (!media || status === 'default') continue
      const codes = codeSchema(response)?.enum ?? []
      const examples = codes.map((code) => {
        const meaning = meanings.get(`${status} ${code}`)
        if (!meaning) throw new Error(`docs/api.md does not list ${status} ${code}`)
        return [code, exampleOf(Number(status), code, meaning)] as const
      })
      media.examples = Object.fromEntries(examples)
    }
  }
}

function exampleOf(status: number, code: string, meaning: string) {
  return {
    summary: meaning,
    value: {
      type: 'about:blank',
      title: STATUS_CODES[status],
      status,
      detail: `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`,
      code,
      requestId: '019ddc4c-8c7e-7b1f-9a56-3f0d5c0c7a11',
      ...(code === 'validation_failed' && {
        errors: [{ parameter: 'limit', detail: 'must be <= 100' }],
      }),
    },
  }
}
