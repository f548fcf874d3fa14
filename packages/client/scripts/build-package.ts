import { execFile } from 'node:child_process'
import { copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import manifest from '../package.json' with { type: 'json' }

const client = join(import.meta.dirname, '..')
const root = join(client, '../..')

/**
 * Writes the package that others install into `folder`: JavaScript and its types from src, README, LICENSE, and
 * a package.json that exports them. The one in the repository exports the TypeScript, and is private.
 */
export async function buildPackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const project = join(client, 'tsconfig.build.json')
  await promisify(execFile)(process.execPath, [compiler, '-p', project, '--outDir', folder])
  const { name, version, description, license, type, sideEffects, dependencies } = manifest
  const exports = Object.fromEntries(
    Object.entries(manifest.exports)
      .filter(([, file]) => file.startsWith('./src/'))
      .map(([key, file]) => {
        const path = file.replace('./src/', './').replace(/\.ts$/, '')
        return [key, { types: `${path}.d.ts`, default: `${path}.js` }]
      }),
  )
  const engines = { node: '>=20' }
  const published = { name, version, description, license, type, sideEffects, engines, exports, dependencies }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  await copyFile(join(client, 'README.md'), join(folder, 'README.md'))
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}
