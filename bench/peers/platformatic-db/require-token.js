/** Platformatic DB gives a caller without a token the role anonymous, and answers 403 where others answer 401. */
export default async function requireToken(app) {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.headers.authorization)
      return reply.code(401).send({ statusCode: 401, error: 'Unauthorized' })
  })
}
