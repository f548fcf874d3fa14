import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { explainError } from '@shop/commands/explain-error'
import { watchSignals } from '@shop/commands/signals'
import { dataFolder } from '@shop/database/embedded'
import { runBenchmark } from './benchmark.ts'
import { reportEvents, runEventsBenchmark } from './events/benchmark.ts'
import { help, type Options, readOptions, UsageError } from './options.ts'
import { createProgress } from './progress.ts'
import { judge, report } from './report.ts'

async function run(options: Options, signal: AbortSignal) {
  const progress = createProgress(process.stderr)
  if (options.events)
    return console.log(`\n${reportEvents(await runEventsBenchmark(options, { signal, progress }))}`)
  const startedAt = new Date()
  const { results, problems, machine } = await runBenchmark(options, { signal, progress })
  const path = options.json ?? join(dataFolder(), 'bench', 'result.json')
  await mkdir(dirname(path), { recursive: true })
  const judged = judge(results, options)
  const record = { startedAt, machine, options, targets: judged, results, problems }
  await writeFile(path, `${JSON.stringify(record, null, 2)}\n`)
  const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000)
  console.log(`\n${report(results, options)}\n`)
  console.log(`${Object.values(machine).join(', ')}; ${seconds} s in total; as JSON in ${path}`)
  if (problems.length === 0) return
  console.error(`\nThe run failed:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  process.exitCode = 1
}

function explain(error: unknown): string {
  return error instanceof UsageError ? `${error.message}\n\n${help}` : `\n${explainError(error)}`
}

const { stopping, forced } = watchSignals(console.error)
forced.addEventListener('abort', () => process.exit(1))
try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(help)
  else await run(options, stopping)
} catch (error) {
  if (!stopping.aborted) console.error(explain(error))
  process.exitCode = 1
}
// connections kept alive would delay the exit
process.exit()
