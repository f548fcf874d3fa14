import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** GET /openapi.json, made from the routes' schemas, and GET /docs, a page to read and try it, which loads nothing from elsewhere. */
export function documentation(
  app: FastifyInstance,
  { title, description }: { title: string; description: string },
) {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, description, version: '1.0.0' },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    },
  })
  app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { validatorUrl: null } })
  app.after(() => {
    app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  })
}
