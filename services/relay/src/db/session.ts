import type { SessionSettings } from '@shop/service/database/connection'

/**
 * Settings for the connections of the relay. Its tables are small or read along an index, and before the first ANALYZE, or
 * after one that met an empty table, PostgreSQL would read all of them.
 */
export const feedPlans: SessionSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
  // a position that was served must not be given to another event after a crash
  synchronous_commit: 'on',
}
