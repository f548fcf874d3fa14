import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLogger } from '@shop/service/logger'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { checkOperations } from '@shop/tests/kit/openapi/operations'
import { asUser, verifyToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import manifest from '../package.json' with { type: 'json' }
import { buildApp } from '../src/app.ts'
import { takeKey } from '../src/db/idempotency-repository.ts'
import { transitions } from '../src/transitions.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from './app.ts'
import { erasureCases, exportCases, feedWithCrowd, operatorsReadCases, streamCases } from './openapi-cases.ts'
import { anyUsers } from './users.ts'

const shipment = { carrier: 'Post', trackingNumber: 'P1' }
const shippingAddress = { name: 'Alice', line1: '1 Street', city: 'Town', country: 'DE' }

/** A valid body of each transition. */
const bodies: Record<string, object> = {
  'owner cancel': { note: 'mine' },
  'operator cancel': { reason: 'fraud' },
  'operator pay': { reference: 'r1' },
  'operator ship': shipment,
  'operator track': shipment,
  'operator deliver': {},
  'operator refund': { reason: 'broken' },
  'operator readdress': { shippingAddress },
  'operator note': { note: 'called' },
  'operator revert': { reason: 'wrong order' },
}

/** Holds the key `busy` of these users, as requests in progress do, until the test ends. */
async function holdKeys(t: TestContext, { database }: TestApp, userIds: string[]) {
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holding = database.owner.transaction(async (tx) => {
    // PostgreSQL would end it after ten idle seconds, which the other cases can take on a busy machine
    await tx.query({ text: 'SET LOCAL idle_in_transaction_session_timeout = 0' })
    for (const userId of userIds)
      await takeKey(tx, { userId, key: 'busy', fingerprint: '00', orderId: uuidv7() })
    held.resolve()
    await released.promise
  })
  cleanUp(t, async () => {
    released.resolve()
    await holding
  })
  await held.promise
}

/** Streams that cannot be opened; nothing else of them is part of an answer. */
const brokenStreams = (openStream: never) => ({
  openStream,
  openStreams: () => 0,
  endedStreams: () => new Map(),
  close: () => undefined,
})

test('every operation answers as its OpenAPI document says', async (t) => {
  const crowdedId = uuidv7()
  const context: TestApp = await createTestApp({
    users: anyUsers,
    // each answer is read to its end
    streams: { maxOpenMs: 0, feed: feedWithCrowd(() => context, crowdedId) },
  })
  cleanUp(t, () => context.close())
  const me = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  const orderId = await insertOrder(context.database, { userId: me, productId })
  const headers = await asUser(me)
  const stranger = await asUser(uuidv7())

  const place = (body: object, key: string) => ({
    url: '/orders',
    headers: { ...headers, 'idempotency-key': key },
    body,
  })
  const operatorId = uuidv7()
  const operator = await asUser(operatorId, 'admin')
  await holdKeys(t, context, [me, operatorId])
  const refunded = await insertOrder(context.database, { userId: me, productId, status: 'refunded' })
  const changes = Object.fromEntries(
    await Promise.all(
      transitions.map(async ({ verb, by, moves }) => {
        const prefix = by === 'owner' ? '/orders' : '/admin/orders'
        const [status] = moves[0]?.from ?? []
        const [id, other] = await Promise.all(
          [1, 2].map(() =>
            insertOrder(context.database, { userId: me, productId, status: status ?? 'pending' }),
          ),
        )
        const change = (extra: Record<string, string>, orderId = id) => ({
          url: `${prefix}/${orderId}/${verb}`,
          headers: { ...(by === 'owner' ? headers : operator), ...extra },
          body: bodies[`${by} ${verb}`],
        })
        return [
          `POST ${prefix}/{id}/${verb}`,
          {
            200: [change({ 'idempotency-key': verb }), change({ 'idempotency-key': verb })],
            400: [change({}, 'x'), change({ 'if-match': 'x' })],
            404: [change({}, uuidv7())],
            // only notes are possible whatever has happened
            409: [verb === 'note' ? change({ 'idempotency-key': 'busy' }) : change({}, refunded)],
            412: [change({ 'if-match': '"99"' })],
            422: [change({ 'idempotency-key': verb }, other)],
            ...(by === 'operator' && { 403: [{ ...change({}), headers }] }),
          },
        ]
      }),
    ),
  )

  await checkOperations(t, {
    app: context.app,
    buildBroken: (broken) =>
      buildApp(
        {
          orders: broken,
          placeOrder: broken,
          changeOrder: broken,
          history: broken,
          exportOrders: broken,
          exportLinks: broken,
          erasures: broken,
          eraseOrders: broken,
          adminOrders: broken,
          stats: broken,
          orderStreams: brokenStreams(broken),
          users: broken,
          verifyToken,
        },
        { logger: createLogger({ name: 'order', level: 'silent' }), checkReadiness: broken },
      ),
    cases: {
      ...changes,
      ...(await exportCases(context, { customer: headers, operator })),
      ...(await streamCases(context, { customer: headers, crowdedId })),
      ...(await erasureCases(context, { customer: headers, operator })),
      ...operatorsReadCases({ customer: headers, operator, orderId }),
      'GET /orders/{id}/history': {
        200: [{ url: `/orders/${orderId}/history`, headers }],
        400: [{ url: '/orders/x/history', headers }],
        404: [{ url: `/orders/${orderId}/history`, headers: stranger }],
      },
      'GET /admin/orders/{id}/history': {
        200: [{ url: `/admin/orders/${orderId}/history`, headers: operator }],
        400: [{ url: '/admin/orders/x/history', headers: operator }],
        403: [{ url: `/admin/orders/${orderId}/history`, headers }],
        404: [{ url: `/admin/orders/${uuidv7()}/history`, headers: operator }],
      },
      'GET /orders': {
        200: [
          { url: '/orders?status=pending', headers },
          { url: '/orders', headers: stranger },
          { url: '/orders?include=items', headers },
        ],
        400: [
          { url: '/orders?limit=0', headers },
          { url: '/orders?cursor=x', headers },
        ],
      },
      'GET /orders/{id}': {
        200: [{ url: `/orders/${orderId}`, headers }],
        400: [{ url: '/orders/x', headers }],
        404: [{ url: `/orders/${orderId}`, headers: stranger }],
      },
      'POST /orders': {
        201: [
          place({ productId }, 'first'),
          place({ productId }, 'first'),
          { url: '/orders', headers, body: { productId, quantity: 999 } },
        ],
        400: [place({ productId, quantity: 0 }, 'a'), place({ productId }, '""')],
        403: [{ url: '/orders', headers: stranger, body: { productId } }],
        404: [place({ productId: uuidv7() }, 'b')],
        409: [place({ productId }, 'busy')],
        422: [place({ productId, quantity: 2 }, 'first')],
      },
    },
  })
})

test('the version in the document is that of the package', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const { info } = (await context.app.inject('/openapi.json')).json()
  assert.equal(info.version, manifest.version)
})
