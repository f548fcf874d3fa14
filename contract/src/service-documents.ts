import { buildApp as buildOrderApp } from '@shop/order/app'
import { buildApp as buildProductApp } from '@shop/product/app'
import { buildApp as buildRelayApp } from '@shop/relay/app'
import { eventSettings } from '@shop/relay/settings'
import { readConfig } from '@shop/service/config'
import { createLogger } from '@shop/service/logger'
import { buildApp as buildUserApp } from '@shop/user/app'
import type { Document } from './document.ts'

const options = {
  logger: createLogger({ name: 'contract', level: 'silent' }),
  checkReadiness: async () => {},
}

/** Options of a plugin that Fastify itself reads. */
const readByFastify = ['prefix', 'logLevel', 'logSerializers']

/** Stands for the dependencies of routes, of which `values` are read when the routes are registered. */
function unusedDependencies(values: object = {}): never {
  const fail = () => {
    throw new Error('Only the document of this app is used.')
  }
  return new Proxy(values, {
    get: (target, name) =>
      Reflect.get(target, name) ?? (readByFastify.includes(String(name)) ? undefined : fail),
  }) as never
}

/** Returns the OpenAPI documents of the services, in the order in which the whole has them. */
export async function serviceDocuments(): Promise<Document[]> {
  const names = readConfig(eventSettings, {})
  const apps = [
    buildUserApp(unusedDependencies(), options),
    buildProductApp(unusedDependencies(), options),
    buildOrderApp(unusedDependencies(), options),
    buildRelayApp(unusedDependencies({ names }), options),
  ]
  return Promise.all(
    apps.map(async (app) => {
      await app.ready()
      return app.swagger() as unknown as Document
    }),
  )
}
