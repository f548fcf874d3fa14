import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Lifetime } from '@shop/tests/kit/clean-up'
import { startReceiver } from '@shop/tests/kit/network/receivers'

export type Sent = { method: string; url: string; headers: IncomingHttpHeaders; body: string }

/** One answer: `serve` takes over the response, `cut` closes the connection. */
export type Scripted =
  | { status: number; headers?: Record<string, string | string[]>; json?: unknown; text?: string }
  | { serve: (response: ServerResponse) => void }
  | 'cut'

/**
 * Starts a server that gives these answers one after another, and the last one from then on. `sent` is what it
 * has received.
 */
export async function startScript(t: Lifetime, ...script: Scripted[]) {
  const sent: Sent[] = []
  const { port } = await startReceiver(t, ({ headers, body, url = '' }, request, response) => {
    sent.push({ method: request.method ?? '', url, headers, body })
    const next = script[Math.min(sent.length, script.length) - 1] ?? 'cut'
    if (next === 'cut') return response.destroy()
    if ('serve' in next) return next.serve(response)
    const { status, json, text, headers: extra = {} } = next
    const type = status < 400 ? 'application/json' : 'application/problem+json'
    response.writeHead(status, { ...(json !== undefined && { 'content-type': type }), ...extra })
    response.end(json === undefined ? text : JSON.stringify(json))
  })
  return { baseUrl: `http://127.0.0.1:${port}`, sent }
}

/** An error as the API answers it. */
export function problem(status: number, code: string, more: object = {}, headers = {}): Scripted {
  const json = {
    type: 'about:blank',
    title: 'T',
    status,
    detail: `about ${code}`,
    code,
    requestId: 'r1',
    ...more,
  }
  return { status, json, headers }
}
