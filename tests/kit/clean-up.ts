/** A test, or whatever else runs work when it is over. */
export type Lifetime = { after(work: () => unknown): void }

const stacks = new WeakMap<Lifetime, AsyncDisposableStack>()

/**
 * Runs `work` when the test is over, whatever came before; what was asked for last is done first, so that nothing loses
 * the ground that it stands on.
 */
export function cleanUp(t: Lifetime, work: () => unknown) {
  let stack = stacks.get(t)
  if (!stack) {
    stack = new AsyncDisposableStack()
    stacks.set(t, stack)
    const made = stack
    t.after(() => made.disposeAsync())
  }
  stack.defer(async () => {
    await work()
  })
}
