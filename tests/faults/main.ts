import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { watchSignals } from '@shop/commands/signals'
import { maxSeed, seed as randomSeed, seedVariable } from './harness/random.ts'
import { type Row, resultsVariable, tableOf } from './harness/results.ts'

const suffix = '.test.ts'
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => basename(file, suffix))

const help = `Usage: npm run test:faults -- [--quick] [--seed <number>] [<name>...]

Injects faults into real processes and a real PostgreSQL, and prints the results as a table.

  --quick   fewer repetitions
  --seed    the seed that a run printed, to repeat its random waits and choices
  <name>    run only these; one or more of ${names.join(', ')}`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(randomSeed) },
    help: { type: 'boolean', short: 'h' },
  },
})
const unknown = positionals.filter((name) => !names.includes(name))
if (values.help) console.log(help)
else if (unknown.length > 0) {
  console.error(`Unknown fault: ${unknown.join(', ')}.\n\n${help}`)
  process.exitCode = 1
} else if (!/^\d+$/.test(values.seed) || Number(values.seed) > maxSeed) {
  console.error(`--seed must be a whole number up to ${maxSeed}, not ${values.seed}.`)
  process.exitCode = 1
} else await runFaults(positionals.length > 0 ? positionals : names, values)

async function runFaults(chosen: string[], { quick, seed }: { quick: boolean; seed: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'faults-results-'))
  const results = join(folder, 'results')
  process.env[resultsVariable] = results
  process.env.FAULTS_QUICK = quick ? '1' : ''
  process.env[seedVariable] = seed
  const { stopping, forced } = watchSignals(console.error)
  forced.addEventListener('abort', () => process.exit(1))
  console.log(`seed ${seed}\n`)

  const events = run({
    files: chosen.map((name) => join(import.meta.dirname, name + suffix)),
    // one after another: each measures, and some use the whole machine
    concurrency: 1,
    timeout: 1_200_000,
    signal: stopping,
  })
  events.on('test:fail', () => {
    process.exitCode = 1
  })
  for await (const text of events.compose(new spec())) process.stdout.write(text)
  console.log(`\n${tableOf(readRows(results))}`)
  if (process.exitCode)
    console.log(
      `\nFailed. To repeat the same waits: npm run test:faults -- --seed ${seed} ${chosen.join(' ')}`,
    )
  await rm(folder, { recursive: true })
}

function readRows(file: string): Row[] {
  try {
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    return lines.map((line) => JSON.parse(line))
  } catch {
    // no test has recorded anything
    return []
  }
}
