import { resolve } from 'node:path'
import { callersFolder } from '@shop/database/owner-url'

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
