import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createOperator } from '../src/operator.ts'
import { createShop } from '../src/shop.ts'
import { type Scripted, startScript } from './answers.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is under way when a signal aborts. */
const answers: Record<string, Scripted> = {
  'no answer': { serve: () => {} },
  'half an answer': {
    serve: (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
  },
  'a stream': {
    serve: (response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: e.1\n\n'),
  },
}

/** In Node, the signal of a Request or of its clone stops following as soon as the Request is collected. */
for (const [what, answer] of Object.entries(answers)) {
  test(`a signal ends what waits for ${what}, after garbage was collected too`, async (t) => {
    const { baseUrl, sent } = await startScript(t, answer)
    const controller = new AbortController()
    const { signal } = controller
    const shop = createShop({ baseUrl, token: 't1' })
    const operator = createOperator({ baseUrl, token: 't1' })
    const ended =
      what === 'a stream'
        ? [drain(shop.orders.follow({ signal }))]
        : [
            drain(operator.events({ signal })),
            assert.rejects(shop.orders.get('o1', { signal }), { name: 'AbortError' }),
            assert.rejects(shop.orders.place({ productId: 'p1' }, { signal }), { name: 'AbortError' }),
          ]
    for (let i = 0; i < 5 || sent.length < ended.length; i++) {
      await setTimeout(20)
      collectGarbage()
    }
    controller.abort()
    const outcome = await Promise.race([
      Promise.all(ended),
      setTimeout(5_000, 'still running', { ref: false }),
    ])
    assert.notEqual(outcome, 'still running')
  })
}

async function drain(iterable: AsyncIterable<unknown>) {
  for await (const _ of iterable);
}
