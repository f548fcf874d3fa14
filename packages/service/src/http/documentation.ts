import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { completeDocument, type OpenApiDocument, operationTag } from './openapi.ts'
import { success } from './responses.ts'

/** Stricter than the plugin's, which allows styles and fonts from anywhere and requires HTTPS. */
const contentSecurityPolicy =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

const getDocumentSchema = {
  summary: 'This document',
  description: 'OpenAPI 3.1, made from what requests and answers are checked against.',
  tags: [operationTag],
  operationId: 'getDocument',
  response: { 200: success('The document.', Type.Object({}, { additionalProperties: true })) },
}

export type DocumentationOptions = {
  title: string
  /** The version of the service. */
  version: string
  description: string
  /** Those of the service's own routes, by name, in addition to `bearer`. */
  securitySchemes?: Record<string, SecurityScheme>
}

type SecurityScheme = { type: 'apiKey'; in: 'cookie'; name: string; description: string }

/**
 * Registers GET /openapi.json, made from the schemas of the routes, and GET /docs, a page to read it and try
 * it, which loads nothing from other sites.
 */
export function documentation(
  app: FastifyInstance,
  { title, version, description, securitySchemes }: DocumentationOptions,
) {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version, description },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          ...securitySchemes,
        },
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
