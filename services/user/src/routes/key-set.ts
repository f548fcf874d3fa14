import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { problems, success } from '@shop/service/http/responses'
import { Type } from 'typebox'
import type { SigningKeyRepository } from '../db/signing-key-repository.ts'
import { PublicKey } from '../signing-key.ts'

const getKeySetSchema = {
  summary: 'The public keys that access tokens verify with (JWKS, RFC 7517)',
  description: 'Keys that were replaced stay until the tokens signed with them have expired.',
  tags: ['keys'],
  operationId: 'getKeySet',
  response: {
    200: success('The keys.', Type.Object({ keys: Type.Array(PublicKey) }, { title: 'KeySet' }), {
      'Cache-Control': { type: 'string', description: 'How long the keys may be cached.', required: true },
    }),
    ...problems(500, 503),
  },
}

export type KeySetRoutes = { keys: Pick<SigningKeyRepository, 'publishedKeys'> }

export const keySetRoutes: FastifyPluginAsyncTypebox<KeySetRoutes> = async (app, { keys }) => {
  app.get('/.well-known/jwks.json', { schema: getKeySetSchema }, async (_request, reply) => {
    // never from our own cache: the key of any valid token must be found here, whichever replica signed it
    const published = await keys.publishedKeys()
    reply.header('cache-control', 'public, max-age=60')
    return { keys: published }
  })
}
