import { integer } from '@shop/shared/config'
import { databaseSettings } from '@shop/shared/database'
import { logSettings } from '@shop/shared/logger'
import { runSettings } from '@shop/shared/run'
import { authSettings } from '@shop/shared/token-verifier'

/** Everything that can be configured; .env.example explains it, and a test holds the two together. */
export const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 3002 }),
  ...runSettings,
  ...logSettings,
  ...databaseSettings,
  ...authSettings,
}
