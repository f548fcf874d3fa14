import type { TestContext } from 'node:test'

const stacks = new WeakMap<TestContext, AsyncDisposableStack>()

/**
 * Runs `work` when the test is over, whatever came before; what was asked for last is done first, so that nothing loses
 * the ground that it stands on.
 */
export function cleanUp(t: TestContext, work: () => unknown) {
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
