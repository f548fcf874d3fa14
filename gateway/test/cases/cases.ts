import { bodyCases } from './bodies.ts'
import type { GatewayCase } from './case.ts'
import { headerCases } from './headers.ts'
import { keyCases } from './keys.ts'
import { routingCases } from './routing.ts'

/** The one table of what both gateways do with requests that can be read in one way only; framing.ts has all others. */
export const cases: Record<string, GatewayCase> = {
  ...routingCases,
  ...headerCases,
  ...keyCases,
  ...bodyCases,
}
