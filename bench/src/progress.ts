export type Progress = {
  line(text: string): void
  /** Says how many seconds of steps are to come. */
  expect(seconds: number): void
  /** A line for a step that was expected to take so long, and how long still. */
  step(text: string, seconds: number): void
}

/** Says what is done, on standard error: standard output is for the results. */
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
