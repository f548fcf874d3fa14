import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import manifest from '../../package.json' with { type: 'json' }
import { completeDocument, type OpenApiDocument, operationTag } from './openapi.ts'
import { success } from './responses.ts'

/** All workspaces have one version, and the API has it too. */
const { version } = manifest

/** Stricter than the plugin's own, which lets in styles and fonts from anywhere, and asks for HTTPS where there may be none. */
const contentSecurityPolicy =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

const getDocumentSchema = {
  summary: 'This document',
  tags: [operationTag],
  operationId: 'getDocument',
  response: { 200: success('The document.', Type.Object({}, { additionalProperties: true })) },
}

/** GET /openapi.json, made from the routes' schemas, and GET /docs, a page to read and try it, which loads nothing from elsewhere. */
export function documentation(
  app: FastifyInstance,
  { title, description }: { title: string; description: string },
) {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, description, version },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    },
    transformObject: (document) =>
      completeDocument((document as unknown as { openapiObject: OpenApiDocument }).openapiObject),
  })
  app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true, validatorUrl: null },
    theme: { title },
  })
  app.register(async (routes) => {
    routes.get('/openapi.json', { schema: getDocumentSchema }, async () => app.swagger())
  })
}
