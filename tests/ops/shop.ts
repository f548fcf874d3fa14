import { join } from 'node:path'
import { cleanUp, type Lifetime } from '../kit/clean-up.ts'
import { createTestDatabase } from '../kit/database.ts'
import { type ServiceProcess, startServiceProcess } from '../kit/service-process.ts'

const root = join(import.meta.dirname, '../..')

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

export type Shop = {
  user: ServiceProcess
  product: ServiceProcess
  order: ServiceProcess
  relay: ServiceProcess
  gateway: ServiceProcess
  productId: string
  /** Sends JSON through the gateway, or GETs without a body. */
  call(path: string, headers?: Record<string, string>, body?: unknown): Promise<Answer>
  /** Returns the headers of a user who has just registered. */
  newUser(role?: 'customer' | 'admin'): Promise<Record<string, string>>
}

/** Starts the whole shop in its own processes; `env` gives the additional variables of one. It ends with the test. */
export async function startShop(
  t: Lifetime,
  env: (name: string) => Record<string, string> = () => ({}),
): Promise<Shop> {
  const database = await createTestDatabase('user_service')
  cleanUp(t, database.drop)
  const auth = { AUTH_ISSUER: 'https://issuer.test', AUTH_AUDIENCE: 'shop' }
  const start = (name: 'user' | 'product' | 'order' | 'relay', own: Record<string, string>) =>
    startServiceProcess(t, join(root, `services/${name}/src/main.ts`), {
      DRAIN_DELAY_MS: '0',
      DATABASE_URL: database.urlOf(`${name}_service`),
      ...auth,
      ...own,
      ...env(name),
    })
  const user = await start('user', {})
  const verification = { AUTH_JWKS_URL: `${user.url}/.well-known/jwks.json` }
  const [product, relay] = await Promise.all([start('product', verification), start('relay', verification)])
  const urls = { USER_SERVICE_URL: user.url, PRODUCT_SERVICE_URL: product.url }
  const order = await start('order', { ...verification, ...urls })
  const gateway = await startServiceProcess(t, join(root, 'gateway/src/main.ts'), {
    ...urls,
    ORDER_SERVICE_URL: order.url,
    RELAY_SERVICE_URL: relay.url,
    ...env('gateway'),
  })
  const [row] = await database.owner.query<{ id: string }>({
    text: `INSERT INTO products (name, unit_amount, currency) VALUES ('Thing', 1250, 'EUR') RETURNING id`,
  })

  async function call(path: string, headers = {}, body?: unknown): Promise<Answer> {
    const response = await fetch(gateway.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const { status, headers: answered } = response
    return { status, headers: answered, body: (await response.json()) as Record<string, unknown> }
  }

  let users = 0
  return {
    user,
    product,
    order,
    relay,
    gateway,
    productId: row?.id as string,
    call,
    async newUser(role = 'customer') {
      const account = { email: `${role}-${++users}@example.com`, password: 'correct horse battery staple' }
      const { body: made } = await call('/users/register', {}, { ...account, name: 'Somebody' })
      await database.owner.query({
        text: 'UPDATE users SET role = $2 WHERE id = $1',
        values: [made.id, role],
      })
      const { body } = await call('/users/login', {}, account)
      return { authorization: `Bearer ${body.accessToken}` }
    },
  }
}
