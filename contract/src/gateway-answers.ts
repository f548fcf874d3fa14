import { codeSchema, type Document, type Response } from './document.ts'

/** The codes with which the gateway itself refuses a request, by status; a test compares them with nginx.conf. */
export const gatewayCodes: Record<string, string> = {
  400: 'bad_request',
  404: 'route_not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'body_too_large',
  414: 'path_too_long',
  429: 'too_many_requests',
  431: 'headers_too_large',
  500: 'internal_error',
  502: 'bad_gateway',
  503: 'overloaded',
  504: 'gateway_timeout',
}

/**
 * What any operation can answer besides what it lists: the gateway's codes, and that of a token without a scope
 * that the operator requires.
 */
const otherCodes = [...Object.values(gatewayCodes), 'insufficient_scope'].sort()

/** Adds to the answers of each operation those that the gateway gives in place of a service. */
export function addGatewayAnswers({ paths }: Document): void {
  for (const [path, operations] of Object.entries(paths)) {
    const statuses = ['400', '500', '502', '503', '504']
    // behind a closed operators' door there is nothing
    if (path.startsWith('/admin/')) statuses.push('404')
    for (const { responses } of Object.values(operations)) {
      const { default: other } = responses
      if (!other) throw new Error(`${path} has no default answer`)
      for (const status of statuses) {
        const codes = codeSchema(responses[status])
        if (codes) codes.enum = [...new Set([...codes.enum, gatewayCodes[status] ?? ''])].sort()
      }
      responses[400] ??= withCodes(other, ['bad_request'], 'The request is malformed.')
      responses.default = withCodes(other, otherCodes, other.description)
    }
  }
}

/** Returns a problem like `response`, with these codes. */
function withCodes(response: Response, codes: string[], description: string): Response {
  const code = { type: 'string', enum: codes }
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties: { code } }],
  }
  return { ...response, description, content: { 'application/problem+json': { schema } } }
}
