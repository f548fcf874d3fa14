import { authSettings } from '@shop/service/auth/token-verifier'
import { integer, text } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { runSettings } from '@shop/service/http/run'
import { logSettings } from '@shop/service/logger'
import { webhookSettings } from './webhooks/settings.ts'

/** All settings of the service. .env.example explains them; a test compares the two. */
export const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 3004 }),
  ...runSettings,
  ...logSettings,
  ...databaseSettings,
  ...authSettings,
  eventSource: text('EVENT_SOURCE', {
    meaning: 'The source in every event: a URI that names this shop among others',
    default: 'urn:shop:orders',
  }),
  eventTypePrefix: text('EVENT_TYPE_PREFIX', {
    meaning:
      'What the types of events begin with, as in shop.orders.placed.v1; usually a reversed domain name',
    default: 'shop',
  }),
  eventsRetentionDays: integer('EVENTS_RETENTION_DAYS', {
    meaning: 'How long events stay in the feed, in days; the histories of orders keep them for ever',
    min: 1,
    max: 3650,
    default: 30,
  }),
  ...webhookSettings,
}
