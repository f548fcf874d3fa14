import { randomBytes } from 'node:crypto'
import type { Database } from '@shop/service/database/database'
import { createDeliveryRepository } from '../../src/db/delivery-repository.ts'
import { createWebhookRepository } from '../../src/db/webhook-repository.ts'
import { type AllowList, parseAllowList } from '../../src/webhooks/addresses.ts'
import { createSecretBox } from '../../src/webhooks/secret-box.ts'

/** Returns what the routes of webhooks need. They may go to 127.0.0.1, over http; every name is resolved to it. */
export const createWebhookDependencies = (db: Database) => ({
  webhooks: createWebhookRepository(db),
  deliveries: createDeliveryRepository(db),
  secretBox: createSecretBox([randomBytes(32)]),
  policy: {
    allowList: parseAllowList('127.0.0.1') as AllowList,
    allowHttp: true,
    resolve: async () => ['127.0.0.1'],
  },
})
