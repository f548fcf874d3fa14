import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const main = new URL('../src/main.ts', import.meta.url).pathname

export type ServiceProcess = { url: string; kill(): void }

/** The real service in a process of its own, configured by its environment alone, until `signal` or kill() ends it with SIGKILL. */
export async function startServiceProcess(
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<ServiceProcess> {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const child = spawn(process.execPath, [main], {
    env: { PATH, NODE_COMPILE_CACHE, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
    killSignal: 'SIGKILL',
  })
  // an abort is one as well; whoever waits for the URL is told below
  child.on('error', () => {})
  for await (const line of createInterface(child.stdout)) {
    const url = /listening at (http:\S+?)"/.exec(line)?.[1]
    if (url) {
      child.stdout.resume()
      return { url, kill: () => void child.kill('SIGKILL') }
    }
  }
  throw new Error('the service ended before it listened')
}
