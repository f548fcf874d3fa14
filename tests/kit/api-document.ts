import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const file = new URL('../../docs/api.md', import.meta.url)

/** A block of commands, and the answer below it, if any. */
const example = /^```sh\n(.*?)^```\n(?:\n```http\n(.*?)^```\n)?/gms

/**
 * Runs the commands of docs/api.md, in their order and in one shell, against a gateway with a new database
 * behind it. Asserts that all answers are as in the document: the status, the headers that are shown, the
 * body.
 */
export async function checkApiDocument(gateway: string): Promise<void> {
  const document = await readFile(file, 'utf8')
  const examples = [...document.matchAll(example)]
  const answered = examples.filter(([, , answer]) => answer)
  assert.equal(examples.length, document.match(/^```sh$/gm)?.length)
  assert.equal(answered.length, document.match(/^```http$/gm)?.length)
  const script = examples.map(([, commands]) => commands).join("printf '\\0'\n")
  const { stdout } = await promisify(execFile)('bash', [
    '-euo',
    'pipefail',
    '-c',
    script.replaceAll('http://127.0.0.1:8080', gateway),
  ])
  const answers = stdout.split('\0').map(readAnswer)
  const [nameDocumented, nameActual] = [createNamer(), createNamer()]
  for (const [index, [, commands, text = '']] of examples.entries()) {
    const documented = readAnswer(text)
    const { status, headers, body } = answers[index] ?? readAnswer('')
    const shown = Object.fromEntries(Object.keys(documented.headers).map((name) => [name, headers[name]]))
    assert.deepEqual(nameActual({ status, headers: shown, body }), nameDocumented(documented), commands)
  }
}

function readAnswer(text: string) {
  const [head = '', body] = text.split(/\r?\n\r?\n/)
  const [status, ...lines] = head.trim().split(/\r?\n/)
  const headers: Record<string, string | undefined> = {}
  for (const line of lines) {
    const [name = '', value = ''] = line.split(/: (.*)/)
    headers[name.toLowerCase()] = value
  }
  return { status, headers, body: body ? JSON.parse(body) : undefined }
}

/** Ids that are created while the commands run; those of the demo data are always the same. */
const newId = /\b(?!00000000-)[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g
/** Tokens, which the document cuts short; cursors; the coordinates of public keys. */
const opaque = /"(?:eyJ[^"]*|[\w-]{38,43})"/g
const cookieValue = /(?<="set-cookie":"\w+=)[^;"]+/g

/**
 * Returns a function that replaces values that differ in each run by names; the same id has the same name in
 * all answers.
 */
function createNamer() {
  const ids: string[] = []
  const nameOf = (id: string) => {
    if (!ids.includes(id)) ids.push(id)
    return `id ${ids.indexOf(id)}`
  }
  return (answer: ReturnType<typeof readAnswer>): unknown =>
    JSON.parse(
      JSON.stringify(answer)
        .replace(newId, nameOf)
        .replace(time, 'time')
        .replace(opaque, '"opaque"')
        .replace(cookieValue, 'opaque'),
    )
}
