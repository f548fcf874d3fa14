import { authSettings } from '@shop/service/auth/settings'
import { integer, optional, text, url } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { runSettings } from '@shop/service/http/run'
import { logSettings } from '@shop/service/logger'
import { webhookSettings } from './webhooks/settings.ts'

/** What events say of themselves. */
export const eventSettings = {
  eventSource: text('EVENT_SOURCE', {
    meaning: 'The source in every event: a URI that names this shop among others',
    default: 'urn:shop:orders',
  }),
  eventTypePrefix: text('EVENT_TYPE_PREFIX', {
    meaning:
      'What the types of events begin with, as in shop.orders.placed.v1; usually a reversed domain name',
    default: 'shop',
  }),
}

/** Where else events go. */
export const brokerSettings = {
  brokerUrl: optional(
    url('BROKER_URL', {
      meaning:
        'A NATS server with JetStream that all events are sent to, with user and password or a token before an @; tls:// refuses a server without TLS; none when empty',
      protocols: ['nats:', 'tls:'],
      secret: true,
    }),
  ),
  brokerStream: text('BROKER_STREAM', {
    meaning: 'The stream for events, which is made if the server has none of that name',
    default: 'orders',
  }),
}

/** All settings of the service. .env.example explains them; a test compares the two. */
export const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 3004 }),
  ...runSettings,
  ...logSettings,
  ...databaseSettings,
  ...authSettings,
  ...eventSettings,
  eventsRetentionDays: integer('EVENTS_RETENTION_DAYS', {
    meaning: 'How long events stay in the feed, in days; the histories of orders keep them for ever',
    min: 1,
    max: 3650,
    default: 30,
  }),
  ...webhookSettings,
  ...brokerSettings,
}
