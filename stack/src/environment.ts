import { resolve } from 'node:path'

/**
 * The variables that are passed to every child, in addition to its own settings. A list, because a service
 * must not see the owner's PGPASSWORD or another role's password, nor a PORT or HOST that the shell has for
 * something else. The PG* variables that locate the server are in the services' URL.
 */
const passedOn = [
  // trust in a company's own certificate authority
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  // Node.js itself: preloaded instrumentation, memory, name resolution, and libraries that it may need in
  // order to start
  'NODE_OPTIONS',
  'NODE_DEBUG',
  'UV_THREADPOOL_SIZE',
  'LD_LIBRARY_PATH',
  'LD_PRELOAD',
  'DYLD_LIBRARY_PATH',
  // outbound proxies; withoutLoopback exempts the calls between services
  'NODE_USE_ENV_PROXY',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]

/** OpenTelemetry has too many variables to list. */
const passedPrefix = 'OTEL_'

const pathVariables = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR']
const fileParameters = { sslrootcert: 'PGSSLROOTCERT', sslcert: 'PGSSLCERT', sslkey: 'PGSSLKEY' }

/**
 * Returns the folder that relative paths refer to: where npm was called, although it runs scripts in the
 * project's root.
 */
export function callersFolder(env: NodeJS.ProcessEnv): string {
  return (env.npm_lifecycle_event && env.INIT_CWD) || process.cwd()
}

/** Returns the part of the launcher's environment that every child gets, with absolute paths. */
export function passedEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const from = callersFolder(env)
  const passed = Object.entries(env).flatMap(([name, value]) => {
    if (!value || !(passedOn.includes(name) || name.startsWith(passedPrefix))) return []
    return [[name, pathVariables.includes(name) ? resolve(from, value) : value]]
  })
  return withoutLoopback(Object.fromEntries(passed))
}

/** The services call one another on loopback, which a proxy cannot reach. */
function withoutLoopback(env: Record<string, string>): Record<string, string> {
  if (!Object.keys(env).some((name) => /^https?_proxy$/i.test(name))) return env
  const exempt = [env.no_proxy || env.NO_PROXY, '127.0.0.1', 'localhost'].filter(Boolean).join(',')
  return { ...env, NO_PROXY: exempt, no_proxy: exempt }
}

/**
 * Returns the owner's URL, completed with what pg and libpq would take from PG* variables except user and
 * password, and with absolute paths. It then leads to the same server for every role and from every folder.
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
    // like pg: the default database name is the user's name
    const user = parameters.get('user') || decodeURIComponent(url.username) || env.PGUSER || env.USER
    url.pathname = `/${encodeURIComponent(env.PGDATABASE || user || '')}`
  }
  if (!parameters.has('ssl')) fill('sslmode', sslMode(env.PGSSLMODE))
  for (const [parameter, variable] of Object.entries(fileParameters)) {
    // otherwise a certificate by itself would switch TLS on
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
