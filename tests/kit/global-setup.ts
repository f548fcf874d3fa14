import { acquireTestServer, prepareTemplate } from './database.ts'

let release: (() => Promise<void>) | undefined

/** Holds the tests' PostgreSQL for the whole run, so that it is not stopped and started between test files. */
export async function globalSetup() {
  // before the test processes inherit them: pg completes every URL from them, e.g. with PGSSLMODE=require
  for (const name of Object.keys(process.env)) if (name.startsWith('PG')) delete process.env[name]
  const server = await acquireTestServer()
  release = server.release
  await prepareTemplate(server.url)
}

export async function globalTeardown() {
  await release?.()
}
