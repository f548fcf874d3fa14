import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { urlForRole } from '@shop/database/role-url'
import { createTestDatabase } from '../kit/database.ts'
import { startProgram, startServiceProcess } from '../kit/service-process.ts'

const root = join(import.meta.dirname, '../..')
const password = 'canary-of-a-password'
const newPassword = 'canary-of-a-new-password'
const databasePassword = 'canary/of:a@database password'
const key = 'canary-of-an-idempotency-key'
const soughtEmail = 'canary-that-an-operator-looks-for@example.com'

/** Starts a process of the stack that logs as much as possible. */
const start = (t: TestContext, script: string, env: Record<string, string>) =>
  startServiceProcess(t, join(root, script), { LOG_LEVEL: 'trace', DRAIN_DELAY_MS: '0', ...env })

/** Creates a login with a recognisable password and the rights of a service's role. Returns its name and URL. */
async function createLogin(
  t: TestContext,
  database: Awaited<ReturnType<typeof createTestDatabase>>,
  service: string,
) {
  const login = `canary_${service}_${crypto.randomUUID().slice(-12)}`
  const { owner } = database
  await owner.query({
    text: `CREATE ROLE ${login} LOGIN PASSWORD '${databasePassword}' IN ROLE ${service}_service`,
  })
  t.after(() => owner.query({ text: `DROP ROLE ${login}` }))
  return { login, url: urlForRole(database.urlOf('owner'), { name: login, password: databasePassword }) }
}

test('no process ever prints a password, token, cookie, hash or key', async (t) => {
  const database = await createTestDatabase('user_service')
  const roles = {
    user: await createLogin(t, database, 'user'),
    product: await createLogin(t, database, 'product'),
    order: await createLogin(t, database, 'order'),
    relay: await createLogin(t, database, 'relay'),
  }
  t.after(() => database.drop())
  const output: string[] = []
  const auth = { AUTH_ISSUER: 'https://issuer.test', AUTH_AUDIENCE: 'shop' }
  const user = await start(t, 'services/user/src/main.ts', { ...auth, DATABASE_URL: roles.user.url })
  const verification = { ...auth, AUTH_JWKS_URL: `${user.url}/.well-known/jwks.json` }
  const product = await start(t, 'services/product/src/main.ts', {
    ...verification,
    DATABASE_URL: roles.product.url,
  })
  const order = await start(t, 'services/order/src/main.ts', {
    ...verification,
    DATABASE_URL: roles.order.url,
    USER_SERVICE_URL: user.url,
    PRODUCT_SERVICE_URL: product.url,
  })
  const relay = await start(t, 'services/relay/src/main.ts', {
    ...verification,
    DATABASE_URL: roles.relay.url,
  })
  const upstreams = {
    USER_SERVICE_URL: user.url,
    PRODUCT_SERVICE_URL: product.url,
    ORDER_SERVICE_URL: order.url,
    RELAY_SERVICE_URL: relay.url,
  }
  const gateway = await start(t, 'gateway/src/main.ts', upstreams)

  const call = async (path: string, headers: Record<string, string> = {}, body?: string) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(gateway.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...type, ...headers },
      body: body ?? null,
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const account = { email: 'canary@example.com', password, name: 'Canary' }
  const { email } = account
  assert.equal((await call('/users/register', {}, JSON.stringify(account))).status, 201)
  const login = await call('/users/login', {}, JSON.stringify({ email, password }))
  assert.equal(login.status, 200)
  const token = String(login.body.accessToken)
  // to the service itself: what the gateway forwards is not the subject here
  const sessions = `${user.url}/users`
  const loggedIn = await fetch(`${sessions}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  const [cookie = ''] = String(loggedIn.headers.get('set-cookie')).split(';')
  assert.match(cookie, /^refresh_token=./)
  const sendCookie = (url: string) =>
    fetch(url, { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: '{}' }).catch(
      () => undefined,
    )
  const me = { authorization: `Bearer ${token}` }
  const operator = await createOperator()
  const [productRow] = await database.owner.query<{ id: string }>({
    text: `INSERT INTO products (name, unit_amount, currency) VALUES ('Thing', 1, 'EUR') RETURNING id`,
  })
  const placeOrder = () =>
    call('/orders', { ...me, 'idempotency-key': key }, JSON.stringify({ productId: productRow?.id }))

  /** Returns the headers of a user who is an operator from the first login on. */
  async function createOperator() {
    const admin = { email: 'operator@example.com', password }
    await call('/users/register', {}, JSON.stringify({ ...admin, name: 'Operator' }))
    await database.owner.query({
      text: `UPDATE users SET role = 'admin' WHERE email = $1`,
      values: [admin.email],
    })
    const { body } = await call('/users/login', {}, JSON.stringify(admin))
    return { authorization: `Bearer ${body.accessToken}` }
  }

  /** Sends secrets wherever a caller can put them. */
  async function tryEverything() {
    const answers = await Promise.all([
      call('/users/me', me),
      call('/orders', me),
      placeOrder(),
      call('/users/register', {}, JSON.stringify(account)),
      call('/users/login', {}, JSON.stringify({ email, password: `${password}?` })),
      call('/users/login', {}, JSON.stringify({ email: password, password })),
      call('/users/login', {}, `{"password":"${password}"`),
      call('/users/login', {}, JSON.stringify({ email, [password]: 1 })),
      call(`/orders/${token}`, me),
      call(`/orders?status=${password}&token=${token}`, me),
      call('/orders', { authorization: `Bearer ${token}x` }),
      call('/orders', { authorization: `Bearer ${token} ${token}` }),
      call('/orders', { cookie: `token=${token}`, 'x-request-id': 'canaries' }),
      call('/orders', me, JSON.stringify({ productId: token, password })),
      call(`/admin/orders?email=${soughtEmail}`, operator),
      call(`/admin/orders?email=${soughtEmail}&productId=${token}`, operator),
      call(`/admin/orders?trackingNumber=${password}&cursor=${token}`, operator),
      call(`/admin/orders/${token}`, operator),
      call(`/admin/events?after=${token}`, operator),
      call(`/admin/stats?from=2026-03-01&to=2026-03-01&tz=${password}`, operator),
      sendCookie(`${gateway.url}/users/refresh`),
      sendCookie(`${sessions}/refresh`),
      sendCookie(`${sessions}/refresh?${cookie}`),
      call('/users/me/password', me, JSON.stringify({ currentPassword: newPassword, newPassword })),
      ...[user, product, order, relay].map(({ url }) =>
        fetch(`${url}/%ff?token=${token}`, { headers: me }).catch(() => undefined),
      ),
      ...[user, product, order, relay, gateway].flatMap(({ url }) => [
        sendRaw(
          url,
          `GET /${token} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nX: \u0000\r\n\r\n`,
        ),
        sendRaw(url, `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${token.repeat(60)}\r\n\r\n`),
      ]),
    ])
    return answers.map((answer) => answer?.status)
  }

  const healthy = await tryEverything()
  assert.deepEqual(healthy.slice(0, 4), [200, 200, 201, 409])
  const { body: listed } = await call('/admin/orders', operator)
  const [{ customer } = {}] = listed.data as { customer?: { email: string } }[]
  assert.equal(customer?.email, email)

  // the address of an export works without a token of access, so it is a secret itself
  const { body: link } = await call('/orders/export', me, '{"format":"csv"}')
  const exportUrl = String(link.url)
  const downloads: number[] = []
  for (const url of [gateway.url, gateway.url, order.url])
    downloads.push((await fetch(url + exportUrl)).status)
  assert.deepEqual(downloads, [200, 404, 404])
  const exportToken = new URL(exportUrl, gateway.url).searchParams.get('token') ?? ''

  // an unavailable product service, then a database that refuses every login
  await product.stop()
  await tryEverything()
  for (const { login: role } of Object.values(roles)) {
    await database.owner.query({ text: `ALTER ROLE ${role} NOLOGIN` })
    await database.owner.query({
      text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`,
    })
  }
  await setTimeout(200)
  const broken = await tryEverything()
  assert.ok(broken.includes(503) || broken.includes(500), `${broken}`)

  // services that do not start
  for (const env of [
    { DATABASE_URL: `mysql://canary:${encodeURIComponent(databasePassword)}@127.0.0.1/shop` },
    { DATABASE_URL: roles.user.url, PORT: 'http' },
    { ...auth, DATABASE_URL: roles.user.url.replace(/:\d+\//, ':1/') },
  ]) {
    const broken = startProgram(t, join(root, 'services/user/src/main.ts'), {
      PORT: '0',
      LOG_LEVEL: 'trace',
      ...env,
    })
    await Promise.race([broken.ended, setTimeout(4000)])
    broken.kill('SIGKILL')
    await broken.ended
    output.push(broken.output())
  }
  for (const running of [gateway, order, user]) await running.stop()
  for (const running of [gateway, order, product, user]) output.push(running.output())

  const keys = await database.owner.query<{ d: string }>({
    text: `SELECT private_key ->> 'd' AS d FROM signing_keys`,
  })
  const printed = output.join('')
  assert.match(printed, /"route":"\/users\/login","status":200/)
  assert.match(printed, /"route":"\/users\/login","status":401/)
  assert.match(printed, /"route":"\/users\/refresh","status":200/)
  const [, payload = '', signature = ''] = token.split('.')
  const canaries = {
    password,
    'a new password': newPassword,
    'a refresh token': cookie.replace('refresh_token=', ''),
    'the database password': databasePassword,
    'the database password, encoded': encodeURIComponent(databasePassword),
    'the claims of a token': payload,
    'the signature of a token': signature,
    'a hash': '$argon2id$',
    'a private key': keys[0]?.d ?? '',
    'an idempotency key': key,
    'an email that is looked for': soughtEmail,
    'the token of an export': exportToken,
  }
  for (const [name, canary] of Object.entries(canaries)) {
    assert.ok(canary)
    const at = printed.indexOf(canary)
    assert.equal(at, -1, `${name}: ${printed.slice(Math.max(0, at - 300), at)}`)
  }
})

/** Sends a request that fetch would refuse. */
async function sendRaw(url: string, request: string): Promise<undefined> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.setTimeout(10_000, () => socket.destroy())
  socket.resume().write(request)
  await new Promise((resolve) => socket.once('close', resolve))
}
