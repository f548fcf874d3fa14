import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { cleanUp, type Lifetime } from '../kit/clean-up.ts'

/** A span, with the name of the process that sent it. `kind` is that of OTLP. */
export type Span = {
  service: string
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  links: { traceId: string; spanId: string }[]
  attributes: Record<string, unknown>
}

/** Of the span that answers a request. */
export const serverKind = 2

export type Collector = { url: string; spans: Span[] }

/** Starts what receives spans as OTLP in JSON over HTTP, on a free port. */
export async function startCollector(t: Lifetime): Promise<Collector> {
  const spans: Span[] = []
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/traces') spans.push(...spansOf((await json(request)) as Export))
    else request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, async () => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans }
}

type Attributes = { key: string; value: Record<string, unknown> }[]

/** The part of an ExportTraceServiceRequest that is read here. */
type Export = {
  resourceSpans: {
    resource: { attributes: Attributes }
    scopeSpans: {
      spans: (Omit<Span, 'service' | 'attributes' | 'links'> & {
        attributes: Attributes
        links?: Span['links']
      })[]
    }[]
  }[]
}

function spansOf({ resourceSpans }: Export): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        service: String(valuesOf(resource.attributes)['service.name']),
        links: span.links ?? [],
        attributes: valuesOf(span.attributes),
      })),
    ),
  )
}

const valuesOf = (attributes: Attributes) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
