import { bodyCases } from './bodies.ts'
import type { GatewayCase } from './case.ts'
import { conditionCases } from './conditions.ts'
import { cookieCases } from './cookies.ts'
import { headerCases } from './headers.ts'
import { keyCases } from './keys.ts'
import { routingCases } from './routing.ts'

/** How both gateways must treat unambiguous requests; framing.ts has the ambiguous ones. */
export const cases: Record<string, GatewayCase> = {
  ...routingCases,
  ...headerCases,
  ...conditionCases,
  ...cookieCases,
  ...keyCases,
  ...bodyCases,
}
