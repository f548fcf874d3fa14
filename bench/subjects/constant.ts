import { authenticate } from '@shop/service/auth/authenticate'
import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { authSettings } from '@shop/service/auth/settings'
import { integer, readConfig, text } from '@shop/service/config'
import { createLogger } from '@shop/service/logger'
import Fastify from 'fastify'

// The upper bound over HTTP: Fastify verifies the token and answers with a page that was prepared at the
// start.

const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 1, max: 65_535 }),
  page: text('PAGE', { meaning: 'The body of every answer' }),
  ...authSettings,
}

const config = readConfig(settings, process.env)
const app = Fastify()
app.decorateRequest('user')
app.addHook(
  'onRequest',
  authenticate(createConfiguredVerifier(config, createLogger({ name: 'constant', level: 'warn' }))),
)
app.get('/orders', async (_request, reply) => {
  reply.type('application/json; charset=utf-8')
  return config.page
})
await app.listen({ port: config.port, host: '127.0.0.1' })
