import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '@shop/commands/ports'

const root = join(import.meta.dirname, '../..')

/** The parts of the output of `docker inspect` that the tests use. */
export type Container = {
  Id: string
  Name: string
  State: { StartedAt: string }
  Config: { User: string }
  HostConfig: {
    ReadonlyRootfs: boolean
    CapDrop: string[]
    SecurityOpt: string[]
    Memory: number
    Init: boolean
    PortBindings: Record<string, { HostIp: string }[]> | null
  }
}

/**
 * Returns the stack of docker-compose.yml, or of docker-compose.<variant>.yml, as a separate project with its own
 * containers, networks and volume.
 */
export async function createProject(
  settings: Record<string, string>,
  { variant }: { variant?: 'standalone' } = {},
) {
  const name = ['order-stack-test', variant, process.pid].filter(Boolean).join('-')
  const file = variant ? ['-f', `docker-compose.${variant}.yml`] : []
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...settings,
    GATEWAY_PORT: String(port),
    ORDER_PORT: String(port),
    E2E_BASE_URL: url,
  }

  /** Resolves to standard output; standard error becomes part of the error when the command fails. */
  async function quiet(command: string, args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(command, args, { cwd: root, env, maxBuffer: 64 * 1024 ** 2 })
    return stdout.trim()
  }

  /** Runs a command in the root of the repository and shows its output. Throws unless it exits with 0. */
  async function show(command: string, args: string[]): Promise<void> {
    console.log(`$ ${command} ${args.join(' ')}`)
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
    const [code, signal] = await once(child, 'exit')
    if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${signal ?? code}`)
  }

  const composeArgs = (...args: string[]) => ['compose', ...file, '-p', name, ...args]
  const docker = (...args: string[]) => quiet('docker', args)

  return {
    name,
    url,
    show,
    composeArgs,
    docker,

    /** Changes settings of docker-compose.yml, for later commands. */
    configure: (changes: Record<string, string>) => void Object.assign(env, changes),

    compose: (...args: string[]) => docker(...composeArgs(...args)),

    /** Starts what is not running and waits until it is healthy; shows the logs if it never is. */
    async up(...args: string[]): Promise<void> {
      try {
        await show('docker', composeArgs('up', '--wait', ...args))
      } catch (error) {
        await show('docker', composeArgs('logs', '--no-color', '--tail', '50'))
        throw error
      }
    },

    async untilHealthy(id: string): Promise<void> {
      for (const deadline = Date.now() + 60_000; ; await setTimeout(300)) {
        if ((await docker('inspect', '-f', '{{.State.Health.Status}}', id)) === 'healthy') return
        if (Date.now() > deadline) throw new Error(`${id} did not become healthy`)
      }
    },

    /** Returns the ids of a service's containers, including exited ones; without a name, of all services. */
    async containers(service?: string): Promise<string[]> {
      const filters = [`label=com.docker.compose.project=${name}`]
      if (service) filters.push(`label=com.docker.compose.service=${service}`)
      const ids = await quiet('docker', [
        'ps',
        '-aq',
        '--no-trunc',
        ...filters.flatMap((filter) => ['--filter', filter]),
      ])
      return ids.split('\n').filter(Boolean).sort()
    },

    async inspect(ids: string[]): Promise<Container[]> {
      return JSON.parse(await quiet('docker', ['inspect', ...ids]))
    },

    /** Runs statements as the owner of the database and resolves to their output. */
    sql: (statements: string) =>
      docker(
        ...composeArgs('exec', '-T', 'postgres', 'psql', '--username=shop', '--dbname=shop'),
        ...['--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1', '--command', statements],
      ),

    volumes: () => quiet('docker', ['volume', 'ls', '-q', '--filter', `name=${name}_`]),
  }
}
