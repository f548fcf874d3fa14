import type { Database } from '@shop/service/database/database'
import { listPlacedOrders, removePlacedOrders, settle } from './build-data-set.ts'
import { createChecker } from './check.ts'
import { checkCounts } from './check-data-set.ts'
import { type Context, deepCursorDepth, httpTrial } from './rounds.ts'
import type { Subject } from './subjects.ts'

const LOAD_SECONDS = 3

/**
 * Checks answers against the data set, with and without load, then the database against the answers. Notes
 * all problems.
 */
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
      const loadEnded = new AbortController()
      const load = httpTrial(service, scenario, context)
        .run(LOAD_SECONDS)
        .finally(() => loadEnded.abort())
      const [pages] = await Promise.all([checker.checkPages(loadEnded.signal), load])
      return `${pages} correct`
    })
  }
  await attempt('pages of random users', async () => {
    return `${await checker.checkPages(AbortSignal.timeout(1000))} correct`
  })
  await attempt('paging by cursor', async () => {
    await checker.checkCursors(20)
    await checker.checkDeepCursors(cursors, deepCursorDepth)
    return 'nothing repeated or skipped'
  })
  await attempt('placed orders', async () => checkPlacedOrders(db, context))
  await attempt('counts', async () => {
    await checkCounts(db)
    const removed = await removePlacedOrders(db)
    await checkCounts(db)
    await settle(db)
    return `match the orders; ${removed} placed orders removed`
  })
  await checker.close()
}

async function checkPlacedOrders(db: Database, { placed }: Context): Promise<string> {
  const stored = new Set((await listPlacedOrders(db)).map(({ id }) => id))
  const answered = new Set(placed.ids)
  if (answered.size < placed.ids.length)
    throw new Error(`${placed.ids.length - answered.size} answers repeat the id of another answer`)
  const missing = placed.ids.filter((id) => !stored.has(id))
  if (missing.length > 0) throw new Error(`${missing.length} acknowledged orders are not stored`)
  // the connections of a run are closed at its end, each with at most one request in progress
  const unanswered = stored.size - answered.size
  if (unanswered > placed.cutOff) throw new Error(`${unanswered} stored orders were never acknowledged`)
  return `${answered.size} acknowledged, each stored once; ${unanswered} cut off`
}
