/** A test, or anything else that can run work when it ends. */
export type Lifetime = { after(work: () => unknown): void }

const stacks = new WeakMap<Lifetime, AsyncDisposableStack>()

/**
 * Runs `work` when the test ends, even if other work failed. Work runs in reverse order, so that everything
 * is stopped before what it depends on.
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
