import { authSettings } from '@shop/service/auth/settings'
import { clientSettings } from '@shop/service/client/service-client'
import { boolean, integer, optional, url } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { runSettings } from '@shop/service/http/run'
import { logSettings } from '@shop/service/logger'

/** All settings of the service. .env.example explains them; a test compares the two. */
export const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 3003 }),
  ...runSettings,
  ...logSettings,
  ...databaseSettings,
  ...authSettings,
  authCreateUsers: boolean('AUTH_CREATE_USERS', {
    meaning:
      "Whether a user whom only the issuer knows may order: the first order then makes the user's row. Otherwise it is answered 403 unknown_user",
    default: false,
  }),
  userServiceUrl: optional(
    url('USER_SERVICE_URL', {
      meaning: 'The URL of the User service, from which operators get the names and emails of customers',
      protocols: ['http:', 'https:'],
    }),
  ),
  productServiceUrl: url('PRODUCT_SERVICE_URL', {
    meaning: 'The URL of the Product service; its path, if any, becomes a prefix',
    protocols: ['http:', 'https:'],
  }),
  catalogueCreateProducts: boolean('CATALOGUE_CREATE_PRODUCTS', {
    meaning:
      'Whether PRODUCT_SERVICE_URL is a catalogue of your own, whose products get a row when they are first ordered',
    default: false,
  }),
  ...clientSettings,
  batchesOfOneUser: boolean('BATCHES_OF_ONE_USER', {
    meaning:
      'Whether orders are stored together only if they are of the same user, for a database that keeps users on different nodes',
    default: false,
  }),
  maxExports: integer('MAX_EXPORTS', {
    meaning:
      'Maximum exports in progress, of which each takes a database connection at times; further ones are answered 503 exports_busy',
    min: 1,
    max: 100,
    default: 4,
  }),
  maxStreams: integer('MAX_STREAMS', {
    meaning: 'Maximum streams of events open in this process; further ones are answered 503 streams_busy',
    min: 1,
    max: 100_000,
    default: 2500,
  }),
}
