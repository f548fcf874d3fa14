import { createPublicKey } from 'node:crypto'
import { create } from '@platformatic/db'

// Its built-in JWKS support converts the key to PEM twice per request, which takes most of its time.
const { keys } = await (await fetch(process.env.AUTH_JWKS_URL)).json()
process.env.AUTH_PUBLIC_KEY = createPublicKey({ key: keys[0], format: 'jwk' }).export({
  type: 'spki',
  format: 'pem',
})

const app = await create(import.meta.dirname)
await app.start({ listen: true })
process.once('SIGTERM', () => app.stop())
