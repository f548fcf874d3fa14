/** The parts of oidc-provider that the kit uses; it comes without types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  type AccessToken = { accountId?: string; clientId: string }
  type TokenParts = { header?: Record<string, unknown>; payload: Record<string, unknown> }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    callback(): RequestListener
  }
  export type { AccessToken, TokenParts }
}
