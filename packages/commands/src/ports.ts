import { createServer } from 'node:net'

/** Returns `count` different ports on 127.0.0.1, each free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Returns one port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port as number
}

/**
 * Returns the code of the error that listening on a port of 127.0.0.1 gives, or undefined when it succeeds.
 */
export async function portError(port: number): Promise<string | undefined> {
  try {
    const server = await listen(port)
    await new Promise((resolve) => server.close(resolve))
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

/** Listens on 127.0.0.1. Throws when the port is taken. */
export async function listen(port: number) {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}
