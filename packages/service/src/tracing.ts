import {
  type Context,
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'

/**
 * The little that instrumentation cannot know by itself. Everything here does nothing, at the price of a look at a global
 * variable, unless OpenTelemetry's SDK was preloaded with --import: docs/operations.md.
 */

/** Returns whether this runs on behalf of a span. Then the SDK adds `traceparent` to calls; a second one would be invalid. */
export const isTraced = (): boolean => trace.getActiveSpan() !== undefined

/** Returns the `traceparent` of the active span. */
export function activeTraceparent(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext()
  return span && `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`
}

/** Returns whether the SDK was preloaded: without it, there is nothing that could keep a context. */
export function hasTracing(): boolean {
  const key = createContextKey('hasTracing')
  return context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key) === true)
}

/** Returns what a log line says of the active span, by the names that OpenTelemetry gives it. A new object each time. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  const span = trace.getActiveSpan()?.spanContext()
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {}
}

/**
 * Names the active span after the pattern of the route: instrumentation of HTTP knows only the path, which has ids in it.
 * And removes the query, which may name people or be a secret.
 */
export function describeRequest(request: Pick<FastifyRequest, 'method' | 'routeOptions' | 'raw'>): void {
  const span = trace.getActiveSpan()
  // first, because Fastify makes an object for each reading of routeOptions
  if (!span) return
  const { url: route } = request.routeOptions
  if (route !== undefined) span.setAttribute('http.route', route).updateName(`${request.method} ${route}`)
  if (request.raw.url?.includes('?')) span.setAttribute('url.query', '[redacted]')
}

/** The SDK's own key: its suppressTracing() is in a package that only the SDK needs. */
const suppressed = ROOT_CONTEXT.setValue(
  createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'),
  true,
)

/**
 * Runs work that no request is waiting for. It must not count as part of the request that happened to start it, and a
 * poll many times a second must not be a trace each time.
 */
export const untraced = <Result>(work: () => Result): Result => context.with(suppressed, work)

/** Returns on whose behalf this runs, for `traceBatch`. */
export const activeContext = (): Context => context.active()

/**
 * Runs a batch in a span of its own. A span has one parent: that is the first of the batch that is recorded, and the span
 * and those of all others are linked to each other. So each trace leads to the work that was done for it, and the whole
 * batch is recorded whenever one of its members is.
 */
export function traceBatch<Result>(
  name: string,
  members: readonly Context[],
  run: () => Promise<Result>,
): Promise<Result> {
  const parent = members.find(isRecorded) ?? members.find((member) => trace.getSpan(member))
  if (!parent) return context.with(ROOT_CONTEXT, run)
  const others = members.flatMap((member) => (member === parent ? [] : (trace.getSpan(member) ?? [])))
  const links = others.map((other) => ({ context: other.spanContext() }))
  const options = { attributes: { 'batch.size': members.length }, links }
  return trace.getTracer('@shop/service').startActiveSpan(name, options, parent, async (span) => {
    for (const other of others) other.addLink({ context: span.spanContext() })
    try {
      return await run()
    } catch (error) {
      fail(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

const isRecorded = (member: Context) =>
  ((trace.getSpanContext(member)?.traceFlags ?? TraceFlags.NONE) & TraceFlags.SAMPLED) !== 0

/** Without the message, which may quote a row. */
function fail(span: Span, error: unknown) {
  const type = error instanceof Error ? error.name : typeof error
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR })
}
