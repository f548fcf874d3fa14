import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { httpRefusal } from '@shop/service/http/problem'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { pages } from './pages.ts'

/** A page loads nothing from other sites, and sends requests to this one alone. */
const securityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The names of assets contain a hash of their contents. */
const forEver = 'public, max-age=31536000, immutable'

const assetName = /^[\w~-][\w.~-]*$/

export type PageOptions = {
  methods: string[]
  operatorsDoor: 'open' | 'closed'
  /** Where the built pages are. */
  webDir: string
}

/** Serves the contract with its page, and the pages of web/, as nginx.conf does. */
export function servePages(app: FastifyInstance, { methods, operatorsDoor, webDir }: PageOptions) {
  app.register(fastifyStatic, {
    root: dirname(pages['/docs'] as string),
    serve: false,
    cacheControl: false,
    // a build has a .gz beside each file
    preCompressed: true,
  })

  function serve(url: string, pathOf: (name: string) => string, cacheControl: string) {
    app.route<{ Params: { '*'?: string } }>({
      url,
      method: methods,
      async handler({ method, params }, reply) {
        const path = pathOf(params['*'] ?? '')
        if (method !== 'GET' && method !== 'HEAD') throw httpRefusal(405, { headers: { allow: 'GET, HEAD' } })
        return send(reply, path, cacheControl)
      },
    })
  }

  for (const [url, path] of Object.entries(pages)) serve(url, () => path, 'no-cache')
  serve('/', () => join(webDir, 'index.html'), 'no-cache')
  // an asset that a deploy has removed is missing: only a 404 tells a tab so
  serve('/assets/*', (name) => join(webDir, 'assets', assetOf(name)), forEver)
  if (operatorsDoor === 'closed') return
  for (const url of ['/desk', '/desk/*']) serve(url, () => join(webDir, 'desk/index.html'), 'no-cache')
}

function send(reply: FastifyReply, path: string, cacheControl: string) {
  if (!existsSync(path)) throw httpRefusal(404)
  reply.headers({ 'cache-control': cacheControl, 'content-security-policy': securityPolicy })
  return reply.sendFile(basename(path), dirname(path))
}

function assetOf(name: string): string {
  if (!assetName.test(name)) throw httpRefusal(404)
  return name
}
