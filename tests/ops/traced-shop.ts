import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Lifetime } from '../kit/clean-up.ts'
import { until } from '../kit/until.ts'
import { type Span, startCollector } from './collector.ts'
import { startShop } from './shop.ts'

const register = join(
  import.meta.dirname,
  '../../ops/opentelemetry/node_modules/@opentelemetry/auto-instrumentations-node/dist/register.mjs',
)

/** The reason to skip tests that need the SDK, or false where it is installed. */
export const withoutSdk =
  !existsSync(register) && 'the SDK is not installed here: npm ci --prefix ops/opentelemetry'

/** Starts the shop with the real SDK preloaded, as docs/operations.md says, and what receives its spans. */
export async function startTracedShop(t: Lifetime) {
  const { url, spans } = await startCollector(t)
  const shop = await startShop(t, (name) => ({
    NODE_OPTIONS: `--import ${register}`,
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici,pg',
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  }))
  const find = (wanted: Partial<Span>) =>
    spans.filter((span) =>
      Object.entries(wanted).every(([name, value]) => span[name as keyof Span] === value),
    )

  return {
    ...shop,
    spans,
    find,
    /** Resolves to the only span that is like this, when it has come. */
    async span(wanted: Partial<Span>): Promise<Span> {
      await until(() => find(wanted).length > 0, { what: `a span with ${JSON.stringify(wanted)}` })
      const [found, ...others] = find(wanted)
      if (!found || others.length > 0)
        throw new Error(`${others.length + 1} spans: ${JSON.stringify(wanted)}`)
      return found
    },
    /** Returns the names of the spans from the top of the trace to this one, each with its service. */
    pathTo(span: Span): string[] {
      const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
      return [...(parent ? this.pathTo(parent) : []), `${span.service}: ${span.name}`]
    },
  }
}

const hex = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')

/** Returns a new trace of a client: its ids and the headers of a request in it. */
export function newTrace({ isSampled = true } = {}) {
  const [traceId, spanId] = [hex(16), hex(8)]
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}` } }
}
