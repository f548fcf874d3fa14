import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePorts } from '@shop/commands/ports'
import { migrateUp, seed } from '@shop/database/migrations'
import { applyRoles } from '@shop/database/roles'
import type { ServiceName } from '@shop/database/services'
import { cleanUp } from '../../kit/clean-up.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { type ServiceProcess, startService } from './service-process.ts'

/** Somebody with an account. */
export type Shopper = { id: string; token: string }

export type Product = { id: string; name: string; unitAmount: number; currency: string }

export type Shop = {
  postgres: Postgres
  user: ServiceProcess
  product: ServiceProcess
  order: ServiceProcess
  /** Starts another replica of the order service. */
  startReplica(env?: Record<string, string>): Promise<ServiceProcess>
  /** Starts a relay, which no shop has by itself. */
  startRelay(env?: Record<string, string>): Promise<ServiceProcess>
  /** Registers with the User service and logs in. */
  newShopper(): Promise<Shopper>
  /** The same for a user who is made an admin in between. */
  newOperator(): Promise<Shopper>
  products: Product[]
  /** Aborted when the test ends. */
  testEnded: AbortSignal
}

export type ShopOptions = {
  /** A running server; by default the shop starts its own. */
  postgres?: Postgres
  /** Variables of a service that differ from production. */
  env?: Partial<Record<ServiceName, Record<string, string>>>
}

/** Of all shops: one that is restored from another has its accounts. */
let accounts = 0

/**
 * Starts the three services as in production: real processes, their own database roles, tokens that the User
 * service signs and the others verify with its key set. Everything ends with the test.
 */
export async function startShop(t: TestContext, { postgres, env = {} }: ShopOptions = {}): Promise<Shop> {
  const database = postgres ?? (await startPostgres(t))
  await prepareDatabase(database)
  // next to the database, as with npm start: a full disk has no room for logs either
  const folder = join(database.folder, 'logs')
  await mkdir(folder, { recursive: true })
  const ports = await freePorts(3)
  const [userPort, productPort, orderPort] = ports as [number, number, number]
  const urls = {
    USER_SERVICE_URL: `http://127.0.0.1:${userPort}`,
    PRODUCT_SERVICE_URL: `http://127.0.0.1:${productPort}`,
  }
  const tokens = { AUTH_ISSUER: 'http://127.0.0.1:8080', AUTH_AUDIENCE: 'shop' }
  const verification = { ...tokens, AUTH_JWKS_URL: `${urls.USER_SERVICE_URL}/.well-known/jwks.json` }
  const common = {
    user: tokens,
    product: verification,
    order: { ...verification, ...urls },
    relay: verification,
  }

  const start = (name: ServiceName, port: number, extra: Record<string, string> = {}) =>
    startService(t, {
      name,
      port,
      folder,
      env: { DATABASE_URL: database.urlOf(name), ...common[name], ...env[name], ...extra },
    })
  const [user, product, order] = await Promise.all([
    start('user', userPort),
    start('product', productPort),
    start('order', orderPort),
  ])
  await Promise.all([user, product, order].map((service) => service.untilReady()))

  const testEnded = new AbortController()
  cleanUp(t, () => testEnded.abort())
  async function newAccount(role = 'customer'): Promise<Shopper> {
    const account = { email: `${role}-${++accounts}@example.com`, password: 'correct horse battery staple' }
    const { id } = await post(`${user.url}/users/register`, { ...account, name: 'Shopper' })
    await database.owner.query({ text: 'UPDATE users SET role = $2 WHERE id = $1', values: [id, role] })
    const { accessToken } = await post(`${user.url}/users/login`, account)
    return { id: String(id), token: String(accessToken) }
  }

  return {
    testEnded: testEnded.signal,
    postgres: database,
    user,
    product,
    order,
    async startReplica(extra) {
      const [free] = await freePorts(1)
      const replica = await start('order', Number(extra?.PORT ?? free), extra)
      await replica.untilReady()
      return replica
    },
    async startRelay(extra) {
      const [free] = await freePorts(1)
      const relay = await start('relay', free as number, extra)
      await relay.untilReady()
      return relay
    },
    newShopper: () => newAccount(),
    newOperator: () => newAccount('admin'),
    products: await database.owner.query<Product>({
      text: 'SELECT id, name, unit_amount AS "unitAmount", currency FROM products ORDER BY id',
    }),
  }
}

/** Prepares migrations, roles and demo data with the same code as `npm start` and Compose. */
async function prepareDatabase({ url: databaseUrl, roles }: Postgres) {
  await migrateUp({ databaseUrl })
  await applyRoles({ databaseUrl, roles })
  await seed({ databaseUrl })
}

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`)
  return JSON.parse(text)
}
