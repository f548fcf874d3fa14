import type { Database } from '@shop/service/database/database'
import { checkCounts, listPlacedOrders, removePlacedOrders, settle } from './build-data-set.ts'
import { createChecker } from './check.ts'
import { type Context, deepCursorDepth, httpTrial } from './rounds.ts'
import type { Subject } from './subjects.ts'

const LOAD_SECONDS = 3

/** Holds answers against the data set under load and without, then the database against the answers. Notes what is wrong. */
export async function verify(
  service: Subject,
  { db, tokens }: { db: Database; tokens: string[] },
  context: Context,
): Promise<void> {
  const { progress, problems, cursors } = context
  const checker = createChecker(service.origin, tokens)

  async function attempt(title: string, work: () => Promise<string>) {
    context.signal.throwIfAborted()
    try {
      progress.line(`  ✓ ${title}: ${await work()}`)
    } catch (error) {
      context.signal.throwIfAborted()
      progress.line(`  ✗ ${title}`)
      problems.push(`${title}: ${error instanceof Error ? error.message : error}`)
    }
  }

  progress.line('checking')
  for (const scenario of ['first-page', 'post-with-key'] as const) {
    await attempt(`pages of random users during ${scenario}`, async () => {
      const over = new AbortController()
      const load = httpTrial(service, scenario, context)
        .run(LOAD_SECONDS)
        .finally(() => over.abort())
      const [pages] = await Promise.all([checker.checkPages(over.signal), load])
      return `${pages} right`
    })
  }
  await attempt('pages of random users', async () => {
    return `${await checker.checkPages(AbortSignal.timeout(1000))} right`
  })
  await attempt('paging by cursor', async () => {
    await checker.checkCursors(20)
    await checker.checkDeepCursors(cursors, deepCursorDepth)
    return 'nothing repeated or skipped'
  })
  await attempt('orders that were placed', async () => checkPlacedOrders(db, context))
  await attempt('counts', async () => {
    await checkCounts(db)
    const removed = await removePlacedOrders(db)
    await checkCounts(db)
    await settle(db)
    return `those of the orders; ${removed} placed orders removed again`
  })
  await checker.close()
}

async function checkPlacedOrders(db: Database, { placed }: Context): Promise<string> {
  const stored = new Set((await listPlacedOrders(db)).map(({ id }) => id))
  const answered = new Set(placed.ids)
  if (answered.size < placed.ids.length)
    throw new Error(`${placed.ids.length - answered.size} answers have the id of another`)
  const missing = placed.ids.filter((id) => !stored.has(id))
  if (missing.length > 0) throw new Error(`${missing.length} were answered but are not stored`)
  // the connections of a run are cut at its end, each with at most one request under way
  const unanswered = stored.size - answered.size
  if (unanswered > placed.cutOff) throw new Error(`${unanswered} are stored that nobody was answered`)
  return `${answered.size} answered, each stored once; ${unanswered} cut off`
}
