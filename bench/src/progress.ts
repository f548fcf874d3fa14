export type Progress = {
  line(text: string): void
  /** Adds seconds of steps still to come. */
  expect(seconds: number): void
  /** Prints a line for a finished step, which was expected to take `seconds`, with the time left. */
  step(text: string, seconds: number): void
}

/** Reports progress on standard error: standard output is for the results. */
export function createProgress(output: { write(text: string): unknown }): Progress {
  let total = 0
  let done = 0
  return {
    line: (text) => void output.write(`${text}\n`),
    expect(seconds) {
      total += seconds
    },
    step(text, seconds) {
      done += seconds
      const left = Math.max(0, total - done)
      const time = left < 90 ? `${Math.round(left)} s` : `${Math.round(left / 60)} min`
      output.write(`  ${text.padEnd(90)} ${time} left\n`)
    },
  }
}
