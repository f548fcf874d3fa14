import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@shop/service/logger'
import { checkOperations } from '@shop/tests/kit/openapi/operations'
import { asUser, verifyToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import manifest from '../package.json' with { type: 'json' }
import { buildApp } from '../src/app.ts'
import { eventTypes } from '../src/cloud-event.ts'
import { createTestApp, names } from './app.ts'
import { change, place } from './orders.ts'
import { createWebhookDependencies } from './webhooks/dependencies.ts'
import { webhookCases } from './webhooks/openapi-cases.ts'

test('every operation answers as its OpenAPI document says', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const orderId = await place(context.database.owner, context.shop)
  for (const name of ['pay', 'ship', 'deliver', 'refundWhole'] as const)
    await change(context.database.owner, orderId, name)
  await context.move()
  await context.database.owner.query({ text: 'DELETE FROM feed WHERE position = 1' })
  await context.database.owner.query({ text: 'UPDATE relay_state SET oldest = 2' })
  const [row] = await context.database.owner.query<{ epoch: string }>({
    text: 'SELECT epoch FROM relay_state',
  })
  const headers = await asUser(uuidv7(), 'admin')
  const customer = await asUser(uuidv7())
  const url = '/admin/events'

  await checkOperations(t, {
    app: context.app,
    buildBroken: (broken) =>
      buildApp(
        {
          feed: broken,
          names,
          verifyToken,
          ...createWebhookDependencies(context.database.db),
          webhooks: broken,
          deliveries: broken,
        },
        { logger: createLogger({ name: 'relay', level: 'silent' }), checkReadiness: broken },
      ),
    cases: {
      'GET /admin/events': {
        200: [
          { url, headers },
          { url: `${url}?types=paid,shipped&after=latest`, headers },
        ],
        400: [{ url: `${url}?limit=0`, headers }],
        403: [{ url, headers: customer }],
        409: [
          { url: `${url}?after=ffffffff.1`, headers },
          { url: `${url}?after=${row?.epoch}.99`, headers },
        ],
        410: [{ url: `${url}?after=${row?.epoch}.0`, headers }],
      },
      ...(await webhookCases(context, { operator: headers, customer })),
    },
  })
})

test('each type of event has a schema of its own', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const { components, info } = (await context.app.inject('/openapi.json')).json()
  assert.equal(info.version, manifest.version)
  const types = Object.entries(
    components.schemas as Record<string, { properties: { type?: { enum?: string[] } } }>,
  )
    .filter(([title]) => /^Order\w+Event$/.test(title))
    .map(([, schema]) => schema.properties.type?.enum?.join())
  assert.deepEqual(types.toSorted(), eventTypes.map((type) => `com.example.orders.${type}.v1`).toSorted())
  assert.ok('OrderPaidLateEvent' in components.schemas)
})
