import { parseArgs } from 'node:util'
import { type ScenarioName, scenarioNames } from './scenarios.ts'

/** The last commit that placed orders one at a time. */
const oneAtATime = '752bde6'

export const help = `Usage: npm run bench [-- <options>]      npm run bench:peers [-- <options>]

Compares the order service with a constant answer, pgbench and a textbook service, on PostgreSQL with a million orders.
This command starts everything and keeps its data in .data/bench; it builds the data set once (remove the folder to
rebuild it).

Options
  --quick              fewer and shorter rounds: takes less than three minutes, with a wider spread
  --peers              measures only the first page, and compares it with common alternatives (bench/peers)
  --rounds <n>         number of rounds; each takes every measurement once (5; with --quick 2)
  --seconds <n>        length of each measurement in seconds (3; with --quick 1)
  --only <scenario,…>  ${wrap(scenarioNames, 23)}
  --before <version>   runs another version beside this one, with its own database: a commit, or a folder with its
                       files and dependencies (${oneAtATime}; with --quick none)
  --json <file>        write the results as JSON to this file (.data/bench/result.json)
  --help`

export type Options = {
  peers: boolean
  /** The commit or folder of the version to compare with. */
  before: string | undefined
  rounds: number
  seconds: number
  /** Load before each measurement that is not measured, in seconds. */
  warmUpSeconds: number
  /** How often, at most, the load before all measurements is repeated. */
  warmUpPieces: number
  /** Number of rounds in which latencies are measured. */
  latencyRounds: number
  /** How often the service is started to measure its start time. */
  starts: number
  only: ScenarioName[]
  json: string | undefined
}

export class UsageError extends Error {}

/** Reads the command line; returns 'help' for --help. Throws UsageError. */
export function readOptions(args: string[]): Options | 'help' {
  const { values } = parse(args)
  if (values.help) return 'help'
  const quick = values.quick ?? false
  return {
    peers: values.peers ?? false,
    before: values.before ?? (quick || values.peers ? undefined : oneAtATime),
    rounds: number('rounds', values.rounds ?? (quick ? '2' : '5'), { min: 1, max: 100, whole: true }),
    seconds: number('seconds', values.seconds ?? (quick ? '1' : '3'), { min: 0.5, max: 60 }),
    warmUpSeconds: quick ? 0.3 : 1,
    warmUpPieces: quick ? 4 : 12,
    latencyRounds: quick ? 1 : 3,
    starts: quick ? 3 : 5,
    only: scenarioList(values.only, values.peers ?? false),
    json: values.json,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean' },
        peers: { type: 'boolean' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        only: { type: 'string' },
        before: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

function number(name: string, text: string, { min, max, whole }: { min: number; max: number; whole?: true }) {
  const value = Number(text)
  if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  throw new UsageError(
    `--${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, not ${text}`,
  )
}

function scenarioList(text: string | undefined, peers: boolean): ScenarioName[] {
  if (peers) {
    if (text !== undefined)
      throw new UsageError('--peers measures only first-page and cannot be combined with --only')
    return ['first-page']
  }
  const names = text?.split(',') ?? scenarioNames
  const unknown = names.filter((name) => !scenarioNames.includes(name as ScenarioName))
  if (unknown.length > 0)
    throw new UsageError(`unknown scenario ${unknown.join(', ')}; there are ${scenarioNames.join(', ')}`)
  return scenarioNames.filter((name) => names.includes(name))
}

function wrap(words: string[], indent: number): string {
  const half = Math.ceil(words.length / 2)
  return [words.slice(0, half), words.slice(half)]
    .map((line) => line.join(', '))
    .join(`,\n${' '.repeat(indent)}`)
}
