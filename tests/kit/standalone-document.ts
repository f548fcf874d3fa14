import { readFileSync } from 'node:fs'

export const standaloneDocument = readFileSync(new URL('../../docs/standalone.md', import.meta.url), 'utf8')

/** Returns the programs in the document, by the name of the file to save each as. */
export const standalonePrograms = (): Map<string, string> =>
  new Map(
    [...standaloneDocument.matchAll(/^```js\n\/\/ standalone\/(\S+)\n(.*?)^```$/gms)].map(
      ([, file = '', text = '']) => [file, text],
    ),
  )
