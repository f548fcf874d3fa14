/**
 * Returns a function that gives the results of `compute` for `forMs`, per key. Calls with the same key at the same time
 * share one computation, and a failed one is not kept. At most `maxEntries` are kept; the oldest goes first.
 */
export function remember<Input, Result>(
  compute: (input: Input) => Promise<Result>,
  options: {
    keyOf: (input: Input) => string
    forMs: number
    maxEntries: number
    /** Milliseconds of a clock that only goes forward. */
    now?: () => number
  },
): (input: Input) => Promise<Result> {
  const { keyOf, forMs, maxEntries, now = () => performance.now() } = options
  const entries = new Map<string, { result: Promise<Result>; until: number }>()

  return (input) => {
    const key = keyOf(input)
    const entry = entries.get(key)
    if (entry && now() < entry.until) return entry.result
    const result = compute(input)
    // at its end again, so that the first entry is the oldest
    entries.delete(key)
    entries.set(key, { result, until: now() + forMs })
    result.catch(() => {
      if (entries.get(key)?.result === result) entries.delete(key)
    })
    if (entries.size > maxEntries) entries.delete(entries.keys().next().value as string)
    return result
  }
}
