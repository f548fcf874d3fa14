/**
 * Prints what open streams cost a process of the service in memory. Run by hand, on Linux:
 * node services/order/test/streams/measure-memory.ts [streams]
 */
import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { memory } from '@shop/commands/process-usage'
import { startProcess } from '@shop/commands/processes'
import { serviceArgv } from '@shop/commands/service-argv'
import { createTestDatabase } from '@shop/tests/kit/database'
import { asUser, testAuth, testKeySet } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { insertOrder, insertProduct, insertUser } from '../app.ts'
import { publish, startFeed } from './feed.ts'

const count = Number(process.argv[2] ?? 2000)
const usersWithOrders = 20

const issuer = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(testKeySet))
}).listen(0, '127.0.0.1')
await once(issuer, 'listening')
const issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`
const database = await createTestDatabase('order_service')
await startFeed(database)
const service = startProcess({
  name: 'order',
  argv: serviceArgv,
  cwd: join(import.meta.dirname, '../..'),
  env: {
    PATH: process.env.PATH,
    PORT: '0',
    DATABASE_URL: database.urlOf('order_service'),
    AUTH_JWKS_URL: issuerUrl,
    AUTH_ISSUER: testAuth.authIssuer,
    AUTH_AUDIENCE: testAuth.authAudience,
    PRODUCT_SERVICE_URL: issuerUrl,
    DRAIN_DELAY_MS: '0',
  },
})
const urlOf = () => /listening at (http:\S+?)"/.exec(service.output())?.[1]
await service.untilReady(() => urlOf() !== undefined)

const print = (what: string) => console.log(`${what.padEnd(40)} ${memory(service.pid)?.now.toFixed(1)} MB`)

async function openStream(userId: string): Promise<IncomingMessage> {
  const opening = get(`${urlOf()}/orders/stream`, { agent: false, headers: await asUser(userId) })
  const [response] = (await once(opening, 'response')) as [IncomingMessage]
  response.resume().on('error', () => undefined)
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  return response
}

/** Warms the process up: what it needs once is no cost of streams. */
async function list(times: number) {
  for (let each = 0; each < times; each++)
    await (await fetch(`${urlOf()}/orders`, { headers: await asUser(uuidv7()) })).arrayBuffer()
}

const users = await Promise.all(Array.from({ length: usersWithOrders }, () => insertUser(database)))
const productId = await insertProduct(database)
await list(3000)
;(await openStream(uuidv7())).destroy()
await setTimeout(12_000)
print('without streams')
const streams: IncomingMessage[] = []
for (let opened = 0; opened < count; opened++) streams.push(await openStream(users[opened] ?? uuidv7()))
print(`with ${count} streams`)
for (let round = 0; round < 200; round++) {
  for (const userId of users) await insertOrder(database, { userId, productId })
  await publish(database)
  await setTimeout(100)
}
print('after 4,000 events and some heartbeats')
await setTimeout(60_000)
print('a minute later')
for (const stream of streams) stream.destroy()
await setTimeout(12_000)
print('after all have left')
await service.stop()
issuer.close()
await database.drop()
