import { createPublicKey } from 'node:crypto'
import { create } from '@platformatic/db'

// Its own support for JWKS makes a PEM of the key twice a request, which costs most of what it can do.
const { keys } = await (await fetch(process.env.AUTH_JWKS_URL)).json()
process.env.AUTH_PUBLIC_KEY = createPublicKey({ key: keys[0], format: 'jwk' }).export({
  type: 'spki',
  format: 'pem',
})

const app = await create(import.meta.dirname)
await app.start({ listen: true })
process.once('SIGTERM', () => app.stop())
