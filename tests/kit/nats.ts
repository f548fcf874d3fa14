import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@shop/commands/ports'
import { type RunningProcess, startProcess } from '@shop/commands/processes'
import { cleanUp, type Lifetime } from './clean-up.ts'

/** A user's PATH may lack sbin, where distributions install it. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** The reason to skip tests that need NATS, or false where it is installed. */
export const withoutNats =
  spawnSync('nats-server', ['--version'], { env }).error !== undefined && 'nats-server is not installed here'

export type NatsServer = {
  url: string
  /** Starts it again on the same port; `fresh` with nothing stored, as another broker would be. */
  start(how?: 'fresh'): Promise<void>
  kill(): Promise<void>
  freeze(isFrozen: boolean): void
}

/** Starts a NATS server with JetStream on loopback. It ends with the test. */
export async function startNats(t: Lifetime, { args = [] }: { args?: string[] } = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nats-'))
  cleanUp(t, () => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  let stores = 0
  let running: RunningProcess | undefined

  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    async start(how) {
      if (how === 'fresh') stores++
      const store = join(folder, String(stores))
      const argv = ['nats-server', '-js', '-sd', store, '-a', '127.0.0.1', '-p', String(port), ...args]
      const started = startProcess({ name: 'nats-server', argv, env })
      running = started
      await started.untilReady(() => started.output().includes('Server is ready'), { timeoutMs: 10_000 })
    },
    async kill() {
      running?.kill('SIGKILL')
      await running?.ended
    },
    freeze: (isFrozen) => running?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT'),
  }
  cleanUp(t, server.kill)
  await server.start()
  return server
}
