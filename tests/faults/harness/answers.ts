import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAnswerChecker, type Document } from '../../kit/openapi/answers.ts'

export type Answer = { status: number; headers: Record<string, string>; body: string }

export type Operation = { method: 'GET' | 'POST'; path: string }

export type RequestDetails = { token: string; key?: string; ifMatch?: string; json?: unknown }

/** Repeats a request until there is a definitive answer. Resolves to undefined if there never is one. */
export type SendUntilAnswered = (
  operation: Operation,
  path: string,
  details: RequestDetails,
) => Promise<Answer | undefined>

/** Returns the fault of an answer; undefined when it is as documented. */
export type JudgeAnswer = (operation: Operation, answer: Answer) => string | undefined

/** Headers that the gateway adds, the last two where it compresses, which the services' documents do not contain. */
const gatewayHeaders = new Set([
  'content-security-policy',
  'referrer-policy',
  'server',
  'content-encoding',
  'vary',
])

const apiDocument = join(import.meta.dirname, '../../../docs/api.md')

/**
 * Checks answers of the service at `url` against its OpenAPI document (status, headers, content type, body)
 * and, if they are errors, against the list of codes in docs/api.md. A 500 is wrong although it is
 * documented.
 */
export async function createJudge(url: string): Promise<JudgeAnswer> {
  const response = await fetch(`${url}/openapi.json`)
  const check = createAnswerChecker((await response.json()) as Document)
  const rows = (await readFile(apiDocument, 'utf8')).matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)
  const documented = new Set([...rows].map(([, status, code]) => `${status} ${code}`))

  return (operation, answer) => {
    const { status, body } = answer
    const headers = Object.fromEntries(
      Object.entries(answer.headers).filter(([name]) => !gatewayHeaders.has(name)),
    )
    const faults = check(operation, { ...answer, headers })
    if (status >= 400 && !documented.has(`${status} ${codeOf(answer)}`))
      faults.push('its code is not documented')
    if (status === 500) faults.push('it is our mistake')
    if (faults.length === 0) return undefined
    return `${operation.method} ${operation.path} ${status}: ${faults.join('; ')}: ${body.slice(0, 300)}`
  }
}

export function codeOf({ body }: Answer): string | undefined {
  try {
    return JSON.parse(body).code
  } catch {
    return undefined
  }
}

/** Sends one request. Rejects when there is no answer. */
export async function send(
  url: string,
  options: Partial<RequestDetails> & { timeoutMs?: number } = {},
): Promise<Answer> {
  const { token, key, ifMatch, json, timeoutMs = 60_000 } = options
  const response = await fetch(url, {
    method: json === undefined ? 'GET' : 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    body: json === undefined ? null : JSON.stringify(json),
  })
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  }
}
