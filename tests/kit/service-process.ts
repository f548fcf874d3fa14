import { type RunningProcess, startProcess } from '@shop/commands/processes'
import { cleanUp, type Lifetime } from './clean-up.ts'

export type ServiceProcess = RunningProcess & { url: string }

/** Starts a program in a process of its own, configured by `env` alone; kill -9 ends it with the test. */
export function startProgram(t: Lifetime, main: string, env: NodeJS.ProcessEnv): RunningProcess {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const running = startProcess({
    name: main,
    argv: ['node', main],
    env: { PATH, NODE_COMPILE_CACHE, ...env },
  })
  cleanUp(t, () => {
    running.kill('SIGKILL')
    return running.ended
  })
  return running
}

/** The same for a service, on a port of its choice. Resolves when it listens, to its URL beside the rest. */
export async function startServiceProcess(
  t: Lifetime,
  main: string,
  env: NodeJS.ProcessEnv,
): Promise<ServiceProcess> {
  const running = startProgram(t, main, { PORT: '0', ...env })
  let url = ''
  await running.untilReady(() => {
    url = /listening at (http:\S+?)"/.exec(running.output())?.[1] ?? ''
    return url !== ''
  })
  return { ...running, url }
}
