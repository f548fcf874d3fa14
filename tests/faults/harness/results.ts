/** A line of the results table. */
export type Row = {
  fault: string
  requests: number
  acknowledged: number
  lost: number
  doubled: number
  /** Answers that were undocumented or untrue. */
  wrong: number
  /** From the end of the fault to the first success; the longest of all repetitions. */
  healedMs?: number | undefined
}

/** The environment variable that names the file of recorded lines. */
export const resultsVariable = 'FAULTS_RESULTS'

/** Returns the rows as a Markdown table. */
export function tableOf(rows: Row[]): string {
  const cells = rows.map((row) => [
    row.fault,
    String(row.requests),
    String(row.acknowledged),
    String(row.lost),
    String(row.doubled),
    String(row.wrong),
    row.healedMs === undefined ? '' : `${(row.healedMs / 1000).toFixed(2)} s`,
  ])
  const titles = ['fault', 'requests', 'acknowledged', 'lost', 'doubled', 'wrong answers', 'time to heal']
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(titles), rule, ...cells.map(line)].join('\n')
}
