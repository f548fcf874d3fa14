import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

export type Terminal = {
  /** Runs `work`, then prints `title` with the time it took and the description of the result. */
  step<Result>(
    title: string,
    work: () => Promise<Result>,
    describe?: (result: Result) => string,
  ): Promise<Result>
  line(text: string): void
}

/** Prints line by line; on a terminal the last line shows the steps in progress. */
export function createTerminal(output: WriteStream): Terminal {
  const inProgress = new Set<string>()
  // a closed terminal must not end this process before its children are stopped
  output.on('error', () => {})

  function line(text: string) {
    if (output.isTTY) output.write('\r\x1b[K')
    output.write(`${text}\n`)
    showInProgress()
  }

  function showInProgress() {
    if (output.isTTY && inProgress.size > 0) output.write(`\r\x1b[K  … ${[...inProgress].join(', ')}`)
  }

  return {
    line,
    async step(title, work, describe) {
      const start = performance.now()
      const done = (mark: string, text: string) => {
        inProgress.delete(title)
        const seconds = `${((performance.now() - start) / 1000).toFixed(2)} s`
        line(`  ${mark} ${text.padEnd(60)} ${styleText('dim', seconds, { stream: output })}`)
      }
      inProgress.add(title)
      showInProgress()
      try {
        const result = await work()
        done(styleText('green', '✓', { stream: output }), describe ? `${title}: ${describe(result)}` : title)
        return result
      } catch (error) {
        if (error instanceof Error && error.name === 'AbortError') inProgress.delete(title)
        else done(styleText('red', '✗', { stream: output }), title)
        throw error
      }
    },
  }
}
