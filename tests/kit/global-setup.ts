import { acquireTestServer, prepareTemplate } from './database.ts'

let release: (() => Promise<void>) | undefined

/** Holds the tests' PostgreSQL for the whole run, so that it is not stopped and started between test files. */
export async function globalSetup() {
  const server = await acquireTestServer()
  release = server.release
  await prepareTemplate(server.url)
}

export async function globalTeardown() {
  await release?.()
}
