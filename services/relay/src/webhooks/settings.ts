import { isIP } from 'node:net'
import { boolean, type Config, optional, type Setting } from '@shop/service/config'
import { type AllowList, parseAllowList } from './addresses.ts'
import { createResolver } from './resolver.ts'
import { retryWaits } from './schedule.ts'
import { createSecretBox, encryptionKeys, type SecretBox } from './secret-box.ts'
import type { TargetPolicy } from './target.ts'

/** How long the address of a name may take to be found, in milliseconds. */
const resolveTimeoutMs = 5000

const allowList: Setting<AllowList> = {
  env: 'WEBHOOK_ALLOW',
  meaning:
    'Where webhooks may go besides public addresses: blocks of addresses, and host names whatever their addresses',
  expected: 'addresses, CIDR blocks and host names, separated by commas',
  parse: parseAllowList,
}

const dnsServers: Setting<string[]> = {
  env: 'WEBHOOK_DNS',
  meaning: 'DNS servers that find the addresses of webhooks, instead of those of the machine',
  expected: 'addresses, each with or without a port, separated by commas',
  parse(raw) {
    const servers = raw.split(',').map((server) => server.trim())
    return servers.every(isDnsServer) ? servers : undefined
  },
}

/** Returns whether it is an address that may have a port: 192.0.2.1:53, [2001:db8::1]:53. */
function isDnsServer(text: string): boolean {
  const [, bracketed, plain, port = '53'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  return isIP(text) !== 0 || (isIP(bracketed ?? plain ?? '') !== 0 && Number(port) <= 65_535)
}

export const webhookSettings = {
  webhookKeys: optional(
    encryptionKeys('WEBHOOK_ENCRYPTION_KEY', {
      meaning:
        'What encrypts the secrets of webhooks in the database; needed as soon as there are webhooks. The first of several encrypts, all decrypt',
    }),
  ),
  webhookAllow: optional(allowList),
  webhookAllowHttp: boolean('WEBHOOK_ALLOW_HTTP', {
    meaning:
      'Whether webhooks may have URLs with http://, over which anyone on the way can read and change events',
    default: false,
  }),
  webhookDns: optional(dnsServers),
  webhookRetrySeconds: retryWaits('WEBHOOK_RETRY_SECONDS', {
    meaning:
      'The waits between the attempts to deliver an event, in seconds, each about a tenth shorter or longer; after the last one it is parked',
  }),
}

export type WebhookConfig = Config<typeof webhookSettings>

/** Returns where webhooks may go. */
export function createTargetPolicy({
  webhookAllow,
  webhookAllowHttp,
  webhookDns,
}: WebhookConfig): TargetPolicy {
  return {
    allowList: webhookAllow ?? { blocks: [], names: new Set() },
    allowHttp: webhookAllowHttp,
    resolve: createResolver({ timeoutMs: resolveTimeoutMs, servers: webhookDns }),
  }
}

/** Returns what encrypts secrets, or undefined while no key is configured. */
export function createConfiguredBox({ webhookKeys }: WebhookConfig): SecretBox | undefined {
  const [first, ...others] = webhookKeys ?? []
  return first && createSecretBox([first, ...others])
}
