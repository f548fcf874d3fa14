import type { Options } from './options.ts'
import * as pgbench from './pgbench.ts'
import { type Context, httpTrial, pgbenchTrial, type Trial } from './rounds.ts'
import type { ScenarioName } from './scenarios.ts'
import type { Subject } from './subjects.ts'

export type Subjects = {
  service: Subject
  /** The subjects that only answer GET /orders: a constant answer and others' services. */
  readers: Subject[]
  usualWay?: Subject | undefined
  before?: Subject | undefined
}

/** The scenarios whose figures are compared with those of other subjects, and the subjects that take part. */
const compared: { scenarios: ScenarioName[]; others: ('usualWay' | 'before')[]; pgbench?: true }[] = [
  { scenarios: ['post-with-key'], others: ['before', 'usualWay'], pgbench: true },
  { scenarios: ['post-with-key-128'], others: ['before', 'usualWay'] },
  { scenarios: ['post', 'post-three-items'], others: ['before'] },
  { scenarios: ['post-alone', 'post-with-key-alone'], others: ['before'] },
]

const comparedScenarios = compared.flatMap(({ scenarios }) => scenarios)

/** Returns what every program does once before it is measured. */
export function warmUpTrials(
  { service, readers, before, usualWay }: Subjects,
  { only }: Options,
  context: Context,
): Trial[] {
  const started = (subjects: (Subject | undefined)[]) => subjects.filter((subject) => subject !== undefined)
  const placers = comparedScenarios.some((name) => only.includes(name)) ? [service, before, usualWay] : []
  return [
    ...started([service, before, ...readers]).map((subject) => httpTrial(subject, 'first-page', context)),
    ...started(placers).map((subject) => httpTrial(subject, 'post-with-key', context)),
  ]
}

/** Returns the groups of trials that are compared with one another: they take turns one right after the other. */
export async function listTrials(
  { only, peers }: Options,
  subjects: Subjects,
  options: { databaseUrl: string; folder: string },
  context: Context,
): Promise<Trial[][]> {
  const { service, readers, before } = subjects
  const canUsePgbench = !peers && (await pgbench.isInstalled())
  if (!peers && !canUsePgbench) context.progress.line('pgbench is not installed: skipping it')

  const isWanted = (name: ScenarioName) => only.includes(name)
  const firstPages: Trial[] = []
  if (isWanted('first-page')) {
    const listing = [service, ...(before ? [before] : []), ...readers]
    firstPages.push(...listing.map((subject) => httpTrial(subject, 'first-page', context)))
    if (canUsePgbench) firstPages.push(pgbenchTrial({ ...options, script: 'list' }, context))
  }
  if (isWanted('with-items')) firstPages.push(httpTrial(service, 'with-items', context))

  const placing = compared.map(({ scenarios, others, pgbench: withPgbench }) => {
    const trials = scenarios.filter(isWanted).flatMap((scenario) =>
      // a list of three items is a request of this version only
      [service, ...(scenario === 'post-three-items' ? [] : others.map((other) => subjects[other]))]
        .filter((subject) => subject !== undefined)
        .map((subject) => httpTrial(subject, scenario, context)),
    )
    if (trials.length > 0 && withPgbench && canUsePgbench)
      trials.push(pgbenchTrial({ ...options, script: 'place' }, context))
    return trials
  })

  const alone = only.filter((name) => !['first-page', 'with-items', ...comparedScenarios].includes(name))
  return [firstPages, ...placing, alone.map((name) => httpTrial(service, name, context))]
}
