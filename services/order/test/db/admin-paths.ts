import assert from 'node:assert/strict'
import type { Database, Statement } from '@shop/service/database/database'
import pg from 'pg'
import { type AdminListOptions, createAdminOrderRepository } from '../../src/db/admin-order-repository.ts'

/** Returns the statements of a page of the operators' list: of the page itself, and of the count if there is one. */
export async function statementsOf(db: Database, options: AdminListOptions): Promise<Statement[]> {
  const statements: Statement[] = []
  const recording = createAdminOrderRepository({
    queryTexts(statement) {
      statements.push(statement)
      return db.queryTexts(statement)
    },
  })
  await recording.listOrders(options)
  return statements
}

export type Plan = { text: string; rows: number; pages: number; ms: number }

/**
 * Executes a statement with the one plan that the service's connections keep for it, and returns that plan: as text, how
 * many rows it returned, how many 8 KB pages it touched, and how long it took.
 */
export async function planOf(db: Database, { text, values }: Statement): Promise<Plan> {
  const literals = values.map((value) => (value === null ? 'NULL' : pg.escapeLiteral(String(value)))).join()
  const lines = await db.transaction(async (tx) => {
    await tx.query({ text: `PREPARE planned AS ${text}` })
    const explain = 'EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF)'
    const explained = await tx.query<{ 'QUERY PLAN': string }>({
      text: `${explain} EXECUTE planned(${literals})`,
    })
    const [{ generic_plans: generic } = {}] = await tx.query<{ generic_plans: string }>({
      text: `SELECT generic_plans FROM pg_prepared_statements WHERE name = 'planned'`,
    })
    await tx.query({ text: 'DEALLOCATE planned' })
    assert.equal(generic, '1')
    return explained
  })
  const plan = lines.map((line) => line['QUERY PLAN']).join('\n')
  const [, hit = '0', , read = '0'] = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(plan) ?? []
  return {
    text: plan,
    rows: Number(/actual rows=(\d+)/.exec(plan)?.[1]),
    pages: Number(hit) + Number(read),
    ms: Number(/Execution Time: ([\d.]+)/.exec(plan)?.[1]),
  }
}
