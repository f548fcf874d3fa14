import type { Database } from '@shop/service/database/database'
import pg from 'pg'
import { removePlacedOrders, settle } from './build-data-set.ts'
import { createChecker } from './check.ts'
import { checkCounts, lastId } from './check-data-set.ts'
import { type Context, deepCursorDepth, httpTrial } from './rounds.ts'
import type { Subject } from './subjects.ts'

const LOAD_SECONDS = 3

/**
 * Checks answers against the data set, with and without load, then the database against the answers. Notes
 * all problems.
 */
export async function verify(
  service: Subject,
  { db, tokens, beforeUrl }: { db: Database; tokens: string[]; beforeUrl: string | undefined },
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
  for (const subject of context.placed.keys())
    await attempt(`orders placed by ${subject}`, async () => {
      const stored = await listPlacedOrders(subject, { db, beforeUrl })
      return checkPlacedOrders(subject, stored, context)
    })
  await attempt('counts', async () => {
    await checkCounts(db)
    const removed = await removePlacedOrders(db)
    await checkCounts(db)
    await settle(db)
    return `match the orders; ${removed} placed orders removed`
  })
  await checker.close()
}

/** Returns the ids of the orders that were placed since the data set was built. */
async function listPlacedOrders(
  subject: string,
  { db, beforeUrl }: { db: Database; beforeUrl: string | undefined },
): Promise<string[]> {
  const list = (table: string) => ({ text: `SELECT id FROM ${table} WHERE id > $1`, values: [lastId] })
  if (subject !== 'before') {
    const rows = await db.query<{ id: string }>(list(subject === 'service' ? 'orders' : 'bench.usual_orders'))
    return rows.map(({ id }) => id)
  }
  const client = new pg.Client({ connectionString: beforeUrl })
  try {
    await client.connect()
    const { rows } = await client.query<{ id: string }>(list('orders'))
    return rows.map(({ id }) => id)
  } finally {
    await client.end()
  }
}

function checkPlacedOrders(
  subject: string,
  storedIds: string[],
  { placed, placedByPgbench }: Context,
): string {
  const ids = placed.get(subject) ?? []
  const stored = new Set(storedIds)
  const answered = new Set(ids)
  if (answered.size < ids.length)
    throw new Error(`${ids.length - answered.size} answers repeat the id of another answer`)
  const missing = ids.filter((id) => !stored.has(id))
  if (missing.length > 0) throw new Error(`${missing.length} acknowledged orders are not stored`)
  const unanswered = stored.size - answered.size - (subject === 'service' ? placedByPgbench : 0)
  if (unanswered !== 0) throw new Error(`${unanswered} stored orders were never acknowledged`)
  return `${answered.size} acknowledged, each stored once, and no others`
}
