import { type RunningProcess, startProcess } from '@shop/commands/processes'
import { cleanUp, type Lifetime } from './clean-up.ts'

export type ServiceProcess = RunningProcess & { url: string }

/** Starts a program in its own process, configured by `env` alone, and kills it at the end of the test. */
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

/** Starts a service in the same way, on a free port. Resolves when it listens. */
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
