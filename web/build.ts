import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const folder = import.meta.dirname

/** Where the gateways find the built pages. */
export const builtPages = join(folder, 'dist')

/** Folders whose changes change the pages. */
export const pageSources = ['src', 'desk', '../packages/client/src'].map((path) => join(folder, path))

/** A change of the lockfile may change a library in them. */
const otherSources = ['index.html', 'build.ts', '../package-lock.json'].map((path) => join(folder, path))

/** Whether there are built pages in `outDir` that are newer than all of their sources. */
export async function isBuilt({ outDir = builtPages } = {}): Promise<boolean> {
  const builtAt = await changedAt(join(outDir, 'index.html')).catch(() => 0)
  const changes = await Promise.all([...pageSources, ...otherSources].map(changedAt))
  return builtAt > Math.max(...changes)
}

/** Returns when a file, or anything in a folder, was changed last, in milliseconds. */
async function changedAt(path: string): Promise<number> {
  const stats = await stat(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  const inside = await readdir(path)
  return Math.max(stats.mtimeMs, ...(await Promise.all(inside.map((name) => changedAt(join(path, name))))))
}

/**
 * Builds the pages into `outDir`, which is replaced as a whole once they are complete. Scripts and styles have their
 * hash in their names, and a compressed copy beside them.
 */
export async function buildPages({ outDir = builtPages } = {}): Promise<void> {
  const next = `${outDir}.${randomUUID()}`
  // only who builds needs it
  const { build } = await import('vite')
  await build({
    root: folder,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: next,
      emptyOutDir: true,
      target: 'es2022',
      // styles and pictures within a page would need a weaker Content-Security-Policy
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { home: join(folder, 'index.html'), desk: join(folder, 'desk/index.html') } },
    },
  })
  await compress(join(next, 'assets'))
  await replace(outDir, next)
}

/** Puts a folder in the place of another. Somebody else may do the same at this moment: then the last one stays. */
async function replace(folder: string, next: string) {
  const previous = `${next}.previous`
  for (let attempt = 1; ; attempt++) {
    await rm(previous, { recursive: true, force: true })
    await rename(folder, previous).catch(() => {})
    try {
      await rename(next, folder)
      break
    } catch (error) {
      if (attempt === 5) throw error
    }
  }
  await rm(previous, { recursive: true, force: true })
}

async function compress(assets: string) {
  const pack = promisify(gzip)
  await Promise.all(
    (await readdir(assets)).map(async (name) => {
      const packed = await pack(await readFile(join(assets, name)), { level: 9 })
      await writeFile(join(assets, `${name}.gz`), packed)
    }),
  )
}

// `node web/build.ts` builds for an image
if (import.meta.main) await buildPages()
