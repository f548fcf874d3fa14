/** `npm run client:build`: makes the package that is published, in packages/client/dist. */
import { fileURLToPath } from 'node:url'
import { buildPackage } from './build-package.ts'

await buildPackage(fileURLToPath(new URL('../dist', import.meta.url)))
