import { setTimeout } from 'node:timers/promises'

/** Resolves when `condition` returns true. Throws after `limitMs`, saying what it has waited for. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  {
    limitMs = 20_000,
    everyMs = 10,
    what = String(condition),
  }: { limitMs?: number; everyMs?: number; what?: string } = {},
): Promise<void> {
  for (const deadline = performance.now() + limitMs; !(await condition()); await setTimeout(everyMs))
    if (performance.now() > deadline) throw new Error(`not in ${limitMs} ms: ${what}`)
}
