import { authSettings } from '@shop/service/auth/settings'
import { integer } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { runSettings } from '@shop/service/http/run'
import { logSettings } from '@shop/service/logger'

/** All settings of the service. .env.example explains them; a test compares the two. */
export const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 3002 }),
  ...runSettings,
  ...logSettings,
  ...databaseSettings,
  ...authSettings,
}
