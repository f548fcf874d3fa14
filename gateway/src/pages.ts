import { fileURLToPath } from 'node:url'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const asset = (name: string) => fileURLToPath(import.meta.resolve(`@fastify/swagger-ui/static/${name}`))

/** The contract and the page to read and try it, which both gateways serve: the file at each path. */
export const pages: Record<string, string> = {
  '/openapi.json': file('../../docs/openapi.json'),
  '/docs': file('../page/docs.html'),
  '/docs/docs.css': file('../page/docs.css'),
  '/docs/docs.js': file('../page/docs.js'),
  '/docs/swagger-ui.css': asset('swagger-ui.css'),
  '/docs/swagger-ui-bundle.js': asset('swagger-ui-bundle.js'),
}

/** Where `npm start` builds the pages of web/. */
export const builtPages = file('../../web/dist')
