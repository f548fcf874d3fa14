import { resolve } from 'node:path'

const fileParameters = { sslrootcert: 'PGSSLROOTCERT', sslcert: 'PGSSLCERT', sslkey: 'PGSSLKEY' }

/** Returns the folder that relative paths refer to: where npm was called, although it runs scripts in the project's root. */
export function callersFolder(env: NodeJS.ProcessEnv): string {
  return (env.npm_lifecycle_event && env.INIT_CWD) || process.cwd()
}

/**
 * Returns the owner's URL, completed with what pg and libpq would take from PG* variables except user and password, and
 * with absolute paths. It then leads to the same server for every role and from every folder.
 */
export function completeDatabaseUrl(databaseUrl: string, env: NodeJS.ProcessEnv): string {
  const url = new URL(databaseUrl)
  const { searchParams: parameters } = url
  const fill = (parameter: string, value: string | undefined) => {
    if (value && !parameters.get(parameter)) parameters.set(parameter, value)
  }
  if (!url.host) fill('host', env.PGHOST)
  if (!url.port) fill('port', env.PGPORT)
  if (url.pathname.length <= 1) {
    // as pg does: without a name, the database is called like the user
    const user = parameters.get('user') || decodeURIComponent(url.username) || env.PGUSER || env.USER
    // as pg decodes it, which leaves an encoded + or @ as it is
    url.pathname = `/${encodeURI(env.PGDATABASE || user || '')}`
  }
  if (!parameters.has('ssl')) fill('sslmode', sslMode(env.PGSSLMODE))
  for (const [parameter, variable] of Object.entries(fileParameters)) {
    // alone, a certificate would switch TLS on
    if (parameters.has('sslmode') && parameters.get('sslmode') !== 'disable') fill(parameter, env[variable])
    const path = parameters.get(parameter)
    if (path) parameters.set(parameter, resolve(callersFolder(env), path))
  }
  return url.href
}

/** pg treats all modes between these as verify-full, and prints a warning when a URL has one. */
function sslMode(mode: string | undefined): string | undefined {
  if (mode && ['prefer', 'require', 'verify-ca'].includes(mode)) return 'verify-full'
  return mode && ['disable', 'no-verify', 'verify-full'].includes(mode) ? mode : undefined
}
