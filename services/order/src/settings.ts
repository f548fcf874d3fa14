import { authSettings } from '@shop/service/auth/token-verifier'
import { clientSettings } from '@shop/service/client/http-client'
import { integer, optional, url } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { runSettings } from '@shop/service/http/run'
import { logSettings } from '@shop/service/logger'

/** Everything that can be configured; .env.example explains it, and a test holds the two together. */
export const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 3003 }),
  ...runSettings,
  ...logSettings,
  ...databaseSettings,
  ...authSettings,
  userServiceUrl: optional(
    url('USER_SERVICE_URL', {
      meaning: 'Where the User service is, for clients/user-client.ts; no route needs it so far',
      protocols: ['http:', 'https:'],
    }),
  ),
  productServiceUrl: url('PRODUCT_SERVICE_URL', {
    meaning: 'Where the Product service is; a path is kept as a prefix',
    protocols: ['http:', 'https:'],
  }),
  ...clientSettings,
}
