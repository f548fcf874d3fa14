import { setTimeout } from 'node:timers/promises'
import { cpuTime } from '@shop/commands/process-usage'
import type { Subject } from '../subjects.ts'
import type { EventsShop } from './shop.ts'

/** Of a service with nothing to do: percent of one core that its process and its database backends take. */
export type Idle = { title: string; process: number; backends: number }

/** CPU time in microseconds, of a process and of its backends. */
export type Usage = { process: number; backends: number }

/** A service, and its role in the database. */
export type Watched = { subject: Subject; role: string }

/** Begins to measure what a service uses. Returns a function that returns how much it was so far. */
export async function watchUsage({ database }: EventsShop, { subject, role }: Watched): Promise<() => Usage> {
  const rows = await database.db.query<{ pid: number }>({
    text: 'SELECT pid FROM pg_stat_activity WHERE usename = $1',
    values: [role],
  })
  const backends = rows.map(({ pid }) => pid)
  const read = () => ({
    process: cpuTime(subject.process.pid) ?? 0,
    backends: backends.reduce((sum, pid) => sum + (cpuTime(pid) ?? 0), 0),
  })
  const before = read()
  return () => {
    const now = read()
    return { process: now.process - before.process, backends: now.backends - before.backends }
  }
}

/** Measures what services cost while nothing happens. */
export async function measureIdle(
  shop: EventsShop,
  services: (Watched & { title: string })[],
  seconds: number,
): Promise<Idle[]> {
  const watched = await Promise.all(
    services.map(async (service) => ({
      title: service.title,
      usage: await watchUsage(shop, service),
      startedAt: performance.now(),
    })),
  )
  await setTimeout(seconds * 1000, undefined, { signal: shop.signal })
  return watched.map(({ title, usage, startedAt }) => {
    const { process, backends } = usage()
    const percent = (microseconds: number) => microseconds / 10 / (performance.now() - startedAt)
    return { title, process: percent(process), backends: percent(backends) }
  })
}
