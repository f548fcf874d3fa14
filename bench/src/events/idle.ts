import { setTimeout } from 'node:timers/promises'
import { cpuTime } from '@shop/commands/process-usage'
import type { Subject } from '../subjects.ts'
import type { EventsShop } from './shop.ts'

/** Of a service with nothing to do: percent of one core that its process and its database backends take. */
export type Idle = { title: string; process: number; backends: number }

/** Measures what services cost while nothing happens. `role` is the one that a service has in the database. */
export async function measureIdle(
  services: { title: string; subject: Subject; role: string }[],
  { seconds, shop: { database, signal } }: { seconds: number; shop: EventsShop },
): Promise<Idle[]> {
  const backendsOf = async (role: string) => {
    const rows = await database.db.query<{ pid: number }>({
      text: 'SELECT pid FROM pg_stat_activity WHERE usename = $1',
      values: [role],
    })
    return rows.map(({ pid }) => pid)
  }
  const used = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + (cpuTime(pid) ?? 0), 0)
  const watched = await Promise.all(
    services.map(async ({ title, subject, role }) => {
      const groups = [[subject.process.pid], await backendsOf(role)] as const
      return { title, groups, before: groups.map(used) }
    }),
  )
  const startedAt = performance.now()
  await setTimeout(seconds * 1000, undefined, { signal })
  const microseconds = (performance.now() - startedAt) * 1000
  return watched.map(({ title, groups, before }) => {
    const [process = 0, backends = 0] = groups.map(
      (pids, index) => ((used(pids) - (before[index] ?? 0)) / microseconds) * 100,
    )
    return { title, process, backends }
  })
}
