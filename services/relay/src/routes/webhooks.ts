import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { ServiceUnavailableError } from '@shop/service/errors'
import {
  commonCodes,
  locationHeader,
  noContent,
  problem,
  problems,
  success,
} from '@shop/service/http/responses'
import { Uuid } from '@shop/service/schemas'
import { throwIfInvalid } from '@shop/service/validation'
import { Type } from 'typebox'
import type { EventNames } from '../cloud-event.ts'
import type { WebhookRepository } from '../db/webhook-repository.ts'
import { ping } from '../webhooks/ping.ts'
import type { Sealed, SecretBox } from '../webhooks/secret-box.ts'
import { createSecret } from '../webhooks/signature.ts'
import { type TargetPolicy, urlProblem } from '../webhooks/target.ts'
import { NewWebhook, PingResult, Webhook, WebhookChange, WebhookWithSecret } from '../webhooks/webhook.ts'

const params = Type.Object({ id: Uuid })

const common = { tags: ['webhooks'], security: bearerSecurity }

/** Of routes that encrypt or decrypt a secret. */
const secretsUnavailable = problem(503, [...commonCodes[503], 'webhooks_not_configured'])

const listSchema = {
  summary: 'All webhooks, newest first',
  description: 'There are at most 100. Secrets are not shown.',
  ...common,
  operationId: 'listWebhooks',
  response: {
    200: success('The webhooks.', Type.Object({ data: Type.Array(Webhook) }, { title: 'WebhookList' })),
    ...problems(401, 403, 500, 503),
  },
}

const createSchema = {
  summary: 'Add a webhook: events from now on are sent to its URL',
  description:
    'Messages follow Standard Webhooks 1.0.0. The answer is the only one that shows the secret. At most 100 webhooks.',
  ...common,
  operationId: 'createWebhook',
  body: NewWebhook,
  response: {
    201: success('The new webhook, with its secret.', WebhookWithSecret, locationHeader),
    ...problems(400, 401, 403, 413, 415, 500),
    ...problem(409, ['too_many_webhooks']),
    ...secretsUnavailable,
  },
}

const getSchema = {
  summary: 'One webhook',
  description: 'behind says how many events it has not come to yet.',
  ...common,
  operationId: 'getWebhook',
  params,
  response: {
    200: success('The webhook.', Webhook),
    ...problems(400, 401, 403, 500, 503),
    ...problem(404, ['webhook_not_found']),
  },
}

const changeSchema = {
  summary: 'Change some members of a webhook, disable or enable it',
  description:
    'Members that are left out stay as they are. Enabling it goes on with the first event that was not delivered.',
  ...common,
  operationId: 'changeWebhook',
  params,
  body: WebhookChange,
  response: {
    200: success('The changed webhook.', Webhook),
    ...problems(400, 401, 403, 413, 415, 500, 503),
    ...problem(404, ['webhook_not_found']),
  },
}

const deleteSchema = {
  summary: 'Remove a webhook, with the log of its deliveries',
  description: 'Nothing is sent to it any more.',
  ...common,
  operationId: 'deleteWebhook',
  params,
  response: {
    204: noContent('It is removed.'),
    ...problems(400, 401, 403, 413, 415, 500, 503),
    ...problem(404, ['webhook_not_found']),
  },
}

const rotateSchema = {
  summary: 'Replace the secret of a webhook',
  description:
    'For 24 hours messages are signed with both secrets; then the earlier one is no longer used. The one before that is dropped immediately.',
  ...common,
  operationId: 'rotateWebhookSecret',
  params,
  response: {
    200: success('The webhook, with its new secret.', WebhookWithSecret),
    ...problems(400, 401, 403, 413, 415, 500),
    ...problem(404, ['webhook_not_found']),
    ...secretsUnavailable,
  },
}

const pingSchema = {
  summary: 'Send a test message now, and say what came of it',
  description:
    'One attempt, also if the webhook is disabled. The type of the message ends in webhooks.ping.v1.',
  ...common,
  operationId: 'pingWebhook',
  params,
  response: {
    200: success('What came of the attempt.', PingResult),
    ...problems(400, 401, 403, 413, 415, 500),
    ...problem(404, ['webhook_not_found']),
    ...secretsUnavailable,
  },
}

export type WebhookRoutes = {
  webhooks: WebhookRepository
  /** Undefined while no key is configured. */
  secretBox: SecretBox | undefined
  policy: TargetPolicy
  names: EventNames
  verifyToken: VerifyToken
}

export const webhookRoutes: FastifyPluginAsyncTypebox<WebhookRoutes> = async (
  app,
  { webhooks, secretBox, policy, names, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))
  app.addHook('onRequest', requireRole('admin'))

  function requireBox(): SecretBox {
    if (!secretBox)
      throw new ServiceUnavailableError(
        'webhooks_not_configured',
        'No key is configured to encrypt the secrets of webhooks.',
        { retryAfterSeconds: 60 },
      )
    return secretBox
  }

  function openSecrets(sealed: Sealed[], owner: string): string[] {
    const box = requireBox()
    try {
      return sealed.map((one) => box.open(one, owner))
    } catch (cause) {
      const message = 'The key that encrypted the secret of this webhook is not configured.'
      throw new ServiceUnavailableError('webhooks_not_configured', message, { retryAfterSeconds: 60, cause })
    }
  }

  app.get('/admin/webhooks', { schema: listSchema }, async () => ({ data: await webhooks.listWebhooks() }))

  app.post('/admin/webhooks', { schema: createSchema }, async ({ body }, reply) => {
    checkUrl(body.url, policy)
    const box = requireBox()
    const secret = createSecret()
    const webhook = await webhooks.createWebhook(body, (id) => box.seal(secret, id))
    return reply
      .code(201)
      .header('location', `/admin/webhooks/${webhook.id}`)
      .send({ ...webhook, secret })
  })

  app.get('/admin/webhooks/:id', { schema: getSchema }, async ({ params }) => webhooks.findWebhook(params.id))

  app.patch('/admin/webhooks/:id', { schema: changeSchema }, async ({ params, body }) => {
    if (body.url !== undefined) checkUrl(body.url, policy)
    return webhooks.changeWebhook(params.id, body)
  })

  app.delete('/admin/webhooks/:id', { schema: deleteSchema }, async ({ params }, reply) => {
    await webhooks.deleteWebhook(params.id)
    return reply.code(204).send()
  })

  app.post('/admin/webhooks/:id/rotate-secret', { schema: rotateSchema }, async ({ params }) => {
    const secret = createSecret()
    const id = params.id.toLowerCase()
    const webhook = await webhooks.rotateSecret(id, requireBox().seal(secret, id))
    return { ...webhook, secret }
  })

  app.post('/admin/webhooks/:id/ping', { schema: pingSchema }, async ({ params }) => {
    const { id, url } = await webhooks.findWebhook(params.id)
    const secrets = openSecrets(await webhooks.findSecrets(id), id)
    return ping({ url, secrets, names, policy })
  })
}

function checkUrl(url: string, policy: TargetPolicy): void {
  const problem = urlProblem(url, policy)
  throwIfInvalid(problem === undefined ? [] : [{ pointer: '/url', detail: problem }])
}
