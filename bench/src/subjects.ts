import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePort, freePorts } from '@shop/commands/ports'
import type { Command } from '@shop/commands/processes'
import { serviceArgv } from '@shop/commands/service-argv'
import { urlForRole } from '@shop/database/role-url'
import { applyRoles } from '@shop/database/roles'
import { defaultRoleName, forEachService, type ServiceName } from '@shop/database/services'
import { request } from 'undici'
import type { Before } from './before.ts'
import { users } from './data-set.ts'
import { type LoggedProcess, startLogged } from './processes.ts'

/** A program that answers GET /orders. */
export type Subject = {
  name: string
  title: string
  origin: string
  process: LoggedProcess
  /** The path of the first page of 20, if it differs from the service's. */
  path?: string
  /** The process id of the postmaster of its database, if it has one of its own. */
  postmaster?: number
}

const root = join(import.meta.dirname, '../..')

const localUrl = (port: number) => `http://127.0.0.1:${port}`

export type Neighbourhood = {
  tokensUrl: string
  /** One token per user: user 1's comes first. */
  tokens: string[]
  databaseUrl: string
  startService(): Promise<{ subject: Subject; startMs: number }>
  startConstant(page: string): Promise<Subject>
  startTextbook(): Promise<Subject>
  startUsualWay(): Promise<Subject>
  startBefore(before: Before): Promise<Subject>
  /** Starts a relay that sends webhooks to this machine, and events to the broker if there is one. */
  startRelay(options?: { brokerUrl?: string }): Promise<Subject>
  /** Starts a receiver of webhooks. */
  startReceiver(): Promise<Subject>
  startPeer(peer: Command & { title: string; path: string }): Promise<Subject>
}

/**
 * Gives the services' roles passwords that only this run knows. Returns a function that gives a service's
 * database URL.
 */
export async function createRoles(ownerUrl: string) {
  const password = randomBytes(24).toString('base64url')
  const roles = forEachService((service) => ({ name: defaultRoleName(service), password }))
  await applyRoles({ databaseUrl: ownerUrl, roles })
  return (service: ServiceName) => urlForRole(ownerUrl, roles[service])
}

/**
 * Starts the order service's neighbours: the token issuer and the product service. Passes every process to
 * `keep`.
 */
export async function startNeighbourhood(options: {
  urlOf: (service: ServiceName) => string
  logFolder: string
  signal: AbortSignal
  keep: (process: LoggedProcess) => void
}): Promise<Neighbourhood> {
  const { urlOf, logFolder, signal, keep } = options
  const [issuerPort = 0, productPort = 0] = await freePorts(2)
  const issuerUrl = localUrl(issuerPort)
  const tokensUrl = `${issuerUrl}/tokens`
  const common = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    // as in the images; filled by the first start
    NODE_COMPILE_CACHE: join(logFolder, 'compile-cache'),
    // clients here have no other replica to find
    DRAIN_DELAY_MS: '0',
    AUTH_ISSUER: issuerUrl,
    AUTH_AUDIENCE: 'shop',
    AUTH_JWKS_URL: `${issuerUrl}/.well-known/jwks.json`,
  }

  function start(command: Command) {
    const running = startLogged({ ...command, env: { ...common, ...command.env } }, logFolder)
    keep(running)
    return running
  }

  /** `ready` is a path that is answered with 200 when the subject can be measured. */
  async function startSubject(
    command: Command,
    title: string,
    { path, ready = path ?? '/orders?limit=20' }: { path?: string; ready?: string } = {},
  ): Promise<Subject> {
    const port = await freePort()
    const running = start({ ...command, env: { ...command.env, PORT: String(port) } })
    const subject = { name: command.name, title, origin: localUrl(port), process: running }
    await running.untilReady(() => expectOk(`${subject.origin}${ready}`, tokens[0]), signal)
    return path === undefined ? subject : { ...subject, path }
  }

  const ownSubject = (name: string, env: Record<string, string>) => ({
    name,
    argv: ['node', join(root, 'bench/subjects', `${name}.ts`)],
    cwd: root,
    env,
  })

  const issuer = start(
    ownSubject('issuer', { PORT: String(issuerPort), USER_COUNT: String(users.operators.to) }),
  )
  await issuer.untilReady(() => expectOk(common.AUTH_JWKS_URL), signal)

  async function startProduct(
    name: string,
    { from, databaseUrl, port }: { from: string; databaseUrl: string; port: number },
  ) {
    const product = start({
      name,
      argv: serviceArgv,
      cwd: join(from, 'services/product'),
      env: { PORT: String(port), DATABASE_URL: databaseUrl },
    })
    await product.untilReady(() => expectOk(`${localUrl(port)}/readyz`), signal)
  }

  const orderService = (
    name: string,
    { from, databaseUrl, port }: { from: string; databaseUrl: string; port: number },
  ) => ({
    name,
    argv: serviceArgv,
    cwd: join(from, 'services/order'),
    env: { DATABASE_URL: databaseUrl, USER_SERVICE_URL: issuerUrl, PRODUCT_SERVICE_URL: localUrl(port) },
  })

  await startProduct('product', { from: root, databaseUrl: urlOf('product'), port: productPort })
  const tokens = (await (await request(tokensUrl)).body.json()) as string[]
  const webhookKey = randomBytes(32).toString('base64')

  return {
    tokensUrl,
    tokens,
    databaseUrl: urlOf('order'),
    async startService() {
      const command = orderService('service', { from: root, databaseUrl: urlOf('order'), port: productPort })
      const before = performance.now()
      const subject = await startSubject(command, 'order service')
      return { subject, startMs: performance.now() - before }
    },
    startConstant: (page) => startSubject(ownSubject('constant', { PAGE: page }), 'constant answer'),
    startTextbook: () =>
      startSubject(ownSubject('textbook', { DATABASE_URL: urlOf('order') }), 'textbook: pool, count(*)'),
    startUsualWay: () =>
      startSubject(
        ownSubject('usual-way', { DATABASE_URL: urlOf('order'), PRODUCT_SERVICE_URL: localUrl(productPort) }),
        'the usual way: pool, transaction',
        { ready: '/readyz' },
      ),
    async startBefore({ root: from, urls, postmaster }) {
      const port = await freePort()
      await startProduct('product-before', { from, databaseUrl: urls.product, port })
      const command = orderService('before', { from, databaseUrl: urls.order, port })
      return { ...(await startSubject(command, 'the version before')), postmaster }
    },
    startRelay: ({ brokerUrl } = {}) =>
      startSubject(
        {
          name: 'relay',
          argv: serviceArgv,
          cwd: join(root, 'services/relay'),
          env: {
            DATABASE_URL: urlOf('relay'),
            WEBHOOK_ENCRYPTION_KEY: webhookKey,
            WEBHOOK_ALLOW: '127.0.0.1',
            WEBHOOK_ALLOW_HTTP: 'true',
            ...(brokerUrl && { BROKER_URL: brokerUrl }),
          },
        },
        'relay',
        { ready: '/readyz' },
      ),
    startReceiver: () => startSubject(ownSubject('receiver', {}), 'receiver', { ready: '/' }),
    startPeer: ({ title, path, ...command }) => startSubject(command, title, { path }),
  }
}

async function expectOk(url: string, token?: string): Promise<void> {
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  const { statusCode, body } = await request(url, { headers, signal: AbortSignal.timeout(5000) })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text.slice(0, 500)}`)
}
