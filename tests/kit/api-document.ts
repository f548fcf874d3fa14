import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** In this order; each starts with a shell of its own. */
const documents = ['api.md', 'api-operators.md']

/** A block of commands, and the answer below it, if any: the whole one, or what the commands print of it. */
const example = /^```sh\n(.*?)^```\n(?:\n```(http|text)\n(.*?)^```\n)?/gms

/**
 * Runs the commands of docs/api.md and docs/api-operators.md, in their order, against a gateway with a new
 * database behind it. Asserts that all answers are as in the documents: the status, the headers that are
 * shown, the body without what the document leaves out by `…`.
 */
export async function checkApiDocuments(gateway: string): Promise<void> {
  for (const name of documents) {
    const file = new URL(`../../docs/${name}`, import.meta.url)
    await checkDocument(await readFile(file, 'utf8'), async (script) => {
      const commands = script.replaceAll('http://127.0.0.1:8080', gateway)
      const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands])
      return stdout
    })
  }
}

/**
 * Runs the commands of a document by `run`, which returns their output. Asserts that all answers are as in the document,
 * as checkApiDocuments does.
 */
export async function checkDocument(
  document: string,
  run: (script: string) => Promise<string>,
): Promise<void> {
  const examples = [...document.matchAll(example)]
  const answered = examples.filter(([, , , answer]) => answer)
  assert.equal(examples.length, document.match(/^```sh$/gm)?.length)
  assert.equal(answered.length, document.match(/^```(?:http|text)$/gm)?.length)
  const script = examples.map(([, commands]) => commands).join("printf '\\0'\n")
  const outputs = (await run(script)).split('\0')
  const [nameDocumented, nameActual] = [createNamer(), createNamer()]
  for (const [index, [, commands, kind, text = '']] of examples.entries()) {
    if (kind === undefined) continue
    const output = outputs[index] ?? ''
    if (kind === 'text') {
      assert.deepEqual(nameActual(output.split(/\r?\n/)), nameDocumented(text.split('\n')), commands)
      continue
    }
    const documented = readAnswer(text.replace(/,\n\s*…\n/g, `,"${omitted}":true\n`))
    const { status, headers, body } = readAnswer(output)
    const actual = {
      status,
      headers: Object.fromEntries(Object.keys(documented.headers).map((name) => [name, headers[name]])),
      body: omitLike(documented.body, body),
    }
    assert.deepEqual(nameActual(actual), nameDocumented(documented), commands)
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

/** Stands for the members that the document leaves out of an object. */
const omitted = '…'

/** Returns the actual value without what the documented one leaves out. */
function omitLike(documented: unknown, actual: unknown): unknown {
  if (Array.isArray(documented) && Array.isArray(actual))
    return actual.map((value, index) => omitLike(documented[index], value))
  if (!isObject(documented) || !isObject(actual)) return actual
  const shown = Object.entries(actual).filter(([name]) => name in documented || !(omitted in documented))
  const members = shown.map(([name, value]) => [name, omitLike(documented[name], value)])
  return Object.fromEntries(omitted in documented ? [...members, [omitted, true]] : members)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Ids that are created while the commands run, and order numbers, which follow from ids; those of the demo
 * data are always the same.
 */
const newId =
  /\b(?:(?!00000000-)[0-9a-f]{8}-[0-9a-f]{4}-[457][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|(?!00000-)[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5})\b/g
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g
const date = /\b\d{4}-\d\d-\d\d\b/g
/** Tokens and secrets, which the document cuts short; cursors; the coordinates of public keys. */
const opaque = /"(?:eyJ[^"]*|whsec_[^"]*|[\w-]{38,43})"/g
const secret = /(?<="set-cookie":"\w+=)[^;"]+|(?<=\?token=)[\w…-]+/g

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
  return (answer: unknown): unknown =>
    JSON.parse(
      JSON.stringify(answer)
        .replace(newId, nameOf)
        .replace(time, 'time')
        .replace(date, 'date')
        .replace(opaque, '"opaque"')
        .replace(secret, 'opaque'),
    )
}
