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
  webhookRetrySeconds: retryWaits('WEBHOOK_RETRY_SECONDS', {
    meaning:
      'The waits between the attempts to deliver an event, in seconds, each about a tenth shorter or longer; after the last one it is parked',
  }),
}

export type WebhookConfig = Config<typeof webhookSettings>

/** Returns where webhooks may go. */
export function createTargetPolicy({ webhookAllow, webhookAllowHttp }: WebhookConfig): TargetPolicy {
  return {
    allowList: webhookAllow ?? { blocks: [], names: new Set() },
    allowHttp: webhookAllowHttp,
    resolve: createResolver({ timeoutMs: resolveTimeoutMs }),
  }
}

/** Returns what encrypts secrets, or undefined while no key is configured. */
export function createConfiguredBox({ webhookKeys }: WebhookConfig): SecretBox | undefined {
  const [first, ...others] = webhookKeys ?? []
  return first && createSecretBox([first, ...others])
}
