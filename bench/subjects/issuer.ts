import { integer, readConfig, text } from '@shop/service/config'
import Fastify from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { users, uuid } from '../src/data-set.ts'

// Stands in for the User service: its own key, the JWKS, a token for each user, signed once, and names for operators.

const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 1, max: 65_535 }),
  issuer: text('AUTH_ISSUER', { meaning: 'The iss of the tokens' }),
  audience: text('AUTH_AUDIENCE', { meaning: 'The aud of the tokens' }),
  userCount: integer('USER_COUNT', { meaning: 'The number of users who need tokens', min: 1, max: 100_000 }),
}

const config = readConfig(settings, process.env)
const { privateKey, publicKey } = await generateKeyPair('ES256')
const keySet = { keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }] }

function sign(user: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return (
    new SignJWT({ role: user < users.operators.from ? 'customer' : 'admin' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })
      .setSubject(uuid(user))
      .setIssuer(config.issuer)
      .setAudience(config.audience)
      .setIssuedAt(now)
      // a run takes minutes
      .setExpirationTime(now + 4 * 3600)
      .setJti(crypto.randomUUID())
      .sign(privateKey)
  )
}

const tokens = await Promise.all(Array.from({ length: config.userCount }, (_, index) => sign(index + 1)))

const app = Fastify()
app.get('/.well-known/jwks.json', async () => keySet)
app.get('/tokens', async () => tokens)
app.get<{ Querystring: { ids: string } }>('/users', async ({ query }) => ({
  data: query.ids.split(',').map((id) => ({ id, name: 'User', email: `${id}@example.com` })),
}))
await app.listen({ port: config.port, host: '127.0.0.1' })
