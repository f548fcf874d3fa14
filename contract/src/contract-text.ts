import { serviceDocuments } from './service-documents.ts'
import { wholeDocument } from './whole-document.ts'

/** Where the repository has the document. */
export const contractFile = new URL('../../docs/openapi.json', import.meta.url)

/** Returns the document as the repository has it, made from the routes of the services. */
export async function contractText(): Promise<string> {
  return `${JSON.stringify(wholeDocument(await serviceDocuments()), null, 2)}\n`
}
