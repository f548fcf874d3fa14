import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { dataFolder } from '@shop/database/embedded'
import { runBenchmark } from './benchmark.ts'
import { help, type Options, readOptions, UsageError } from './options.ts'
import { createProgress } from './progress.ts'
import { judge, report } from './report.ts'

/** npm hands on the Ctrl-C that this process has had from the terminal already. */
const ECHO_MS = 500

function untilSignalled(): AbortSignal {
  const ending = new AbortController()
  let first = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending.signal.aborted && performance.now() > first + ECHO_MS) process.exit(1)
      if (ending.signal.aborted) return
      first = performance.now()
      console.error('ending … (once more: at once)')
      ending.abort()
    })
  }
  return ending.signal
}

async function run(options: Options, signal: AbortSignal) {
  const startedAt = new Date()
  const progress = createProgress(process.stderr)
  const { results, problems, machine } = await runBenchmark(options, { signal, progress })
  const path = options.json ?? join(dataFolder(), 'bench', 'result.json')
  await mkdir(dirname(path), { recursive: true })
  const judged = judge(results, options)
  const record = { startedAt, machine, options, targets: judged, results, problems }
  await writeFile(path, `${JSON.stringify(record, null, 2)}\n`)
  const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000)
  console.log(`\n${report(results, options)}\n`)
  console.log(`${Object.values(machine).join(', ')}; ${seconds} s in all; as JSON in ${path}`)
  if (problems.length === 0) return
  console.error(`\nThe run failed:\n${problems.map((one) => `  ${one}`).join('\n')}`)
  process.exitCode = 1
}

/** A stack trace only for what must be a mistake in the code. */
function explain(error: unknown): unknown {
  if (error instanceof UsageError) return `${error.message}\n\n${help}`
  const isMistake = error instanceof TypeError || error instanceof ReferenceError
  return error instanceof Error && !isMistake ? `\n${error.message}` : error
}

const signal = untilSignalled()
try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(help)
  else await run(options, signal)
} catch (error) {
  if (!signal.aborted) console.error(explain(error))
  process.exitCode = 1
}
// connections that are kept alive would delay it
process.exit()
