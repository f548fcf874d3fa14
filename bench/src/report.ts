import { type Field, figure, firstPageOf, type Results, ratio, type Which } from './results.ts'
import { type ScenarioName, scenarios } from './scenarios.ts'
import { type Spread, spread } from './statistics.ts'
import { isMet, peerTargets, type Target, targets } from './targets.ts'

const none = '–'

/** Returns all measurements as tables for people. */
export function report(results: Results, { peers }: { peers: boolean }): string {
  const sections = peers
    ? [peerTable(results), targetTable(results, peerTargets)]
    : [requestTable(results), placingTable(results), latencyTable(results), targetTable(results, targets)]
  return sections.join('\n\n')
}

export function requestTable(results: Results): string {
  const names = (Object.keys(scenarios) as ScenarioName[]).filter((name) => scenarios[name].method === 'GET')
  const rows = [
    ...names.map((scenario) => ({
      title: scenarios[scenario].title as string,
      which: { subject: 'service', scenario },
    })),
    ...results.subjects
      .filter(({ name }) => name !== 'service')
      .map(({ name, title }) => ({ title, which: firstPageOf(name) })),
  ].filter(({ which }) => figure(results, which, 'requestsPerSecond'))

  return table(
    ['', 'requests/s', '÷ constant', '÷ pgbench', '÷ textbook', 'process µs', 'PostgreSQL µs'],
    rows.map(({ title, which }) => [
      title,
      rate(results, which),
      ...['constant', 'pgbench', 'textbook'].map((other) =>
        format(ratio(results, which, firstPageOf(other)), 2),
      ),
      cpu(results, which, 'processMicroseconds'),
      cpu(results, which, 'postgresMicroseconds'),
    ]),
  )
}

/** Returns what placing orders costs, by subject. */
export function placingTable(results: Results): string {
  const rows = placingScenarios.flatMap((scenario) =>
    placingSubjects.map(({ name, title }) => ({
      title: `${scenarios[scenario].title}: ${title}`,
      which: { subject: name, scenario },
    })),
  )
  return table(
    ['', 'orders/s', 'ours ÷ theirs', 'p50 ms', 'Node µs', 'PostgreSQL µs', 'WAL bytes'],
    rows
      .filter(({ which }) => figure(results, which, 'requestsPerSecond'))
      .map(({ title, which }) => [
        title,
        rate(results, which),
        which.subject === 'service'
          ? none
          : format(ratio(results, { ...which, subject: 'service' }, which), 2),
        figure(results, which, 'p50')?.median.toFixed(1) ?? none,
        cpu(results, which, 'processMicroseconds'),
        cpu(results, which, 'postgresMicroseconds'),
        cpu(results, which, 'walBytes'),
      ]),
  )
}

const placingSubjects = [
  { name: 'service', title: 'order service' },
  { name: 'pgbench', title: 'pgbench' },
  { name: 'usual-way', title: 'the usual way' },
  { name: 'before', title: 'the version before' },
]

const placingScenarios = (Object.keys(scenarios) as ScenarioName[]).filter(
  (name) => scenarios[name].method === 'POST',
)

export function peerTable(results: Results): string {
  return table(
    ['GET /orders, 20 rows, 10,000 tokens', 'requests/s', 'ours ÷ theirs', 'process µs', 'PostgreSQL µs'],
    results.subjects.map(({ name, title }) => [
      title,
      rate(results, firstPageOf(name)),
      name === 'service' ? none : format(ratio(results, firstPageOf('service'), firstPageOf(name)), 1),
      cpu(results, firstPageOf(name), 'processMicroseconds'),
      cpu(results, firstPageOf(name), 'postgresMicroseconds'),
    ]),
  )
}

export function latencyTable(results: Results): string {
  const rows = results.subjects.flatMap(({ name, title }) => {
    const of = results.latencies.filter(({ subject }) => subject === name)
    if (of.length === 0) return []
    return [
      [
        title,
        Math.round(of[0]?.rate ?? 0).toLocaleString('en'),
        format(spread(of.map(({ p50 }) => p50)), 2),
        format(spread(of.map(({ p99 }) => p99)), 2),
      ],
    ]
  })
  return table(['first page at a fixed rate', 'requests/s', 'p50 ms', 'p99 ms'], rows)
}

export function targetTable(results: Results, list: Target[]): string {
  return table(
    ['target', 'required', 'measured', ''],
    judgeAll(results, list).map(({ title, wanted, measured, verdict, digits, unit }) => [
      title,
      `${wanted} ${unit}`.trim(),
      measured ? `${format(measured, digits)} ${unit}`.trim() : none,
      verdict,
    ]),
  )
}

/** Returns the targets of the run with the measured values. */
export function judge(results: Results, { peers }: { peers: boolean }) {
  return judgeAll(results, peers ? peerTargets : targets)
}

function judgeAll(results: Results, list: Target[]) {
  return list.map((target) => {
    const { title, digits, unit = '' } = target
    const wanted = 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`
    const measured = target.measure(results)
    const verdict = measured ? (isMet(target, measured) ? 'met' : 'MISSED') : 'not measured'
    return { title, wanted, unit, digits, measured, verdict }
  })
}

const rate = (results: Results, which: Which) => format(figure(results, which, 'requestsPerSecond'), 0)

/** Returns the median only: CPU time varies with the machine, as the rate does. */
function cpu(results: Results, which: Which, field: Field): string {
  const value = figure(results, which, field)
  return value ? value.median.toFixed(0) : none
}

/** Returns the median, with the minimum and the maximum in brackets if they differ. */
export function format(value: Spread | undefined, digits: number): string {
  if (!value) return none
  const [middle, least, greatest] = [value.median, value.min, value.max].map((number) =>
    number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  )
  return least === greatest ? (middle as string) : `${middle} (${least}–${greatest})`
}

/** Returns an aligned table: the first column to the left, the others to the right. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('   ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('   ')
  return [line(head), rule, ...rows.map(line)].join('\n')
}
