import { setTimeout } from 'node:timers/promises'
import type { Shop, Shopper } from './shop.ts'

export type Consumer = {
  /** The ids of the events in the order in which they came. */
  ids: string[]
  /** Answers that are neither events nor a refusal for a while. Must stay empty. */
  wrong: string[]
  /** Reads on until it has this many events, then ends. */
  finish(count: number): Promise<void>
}

/** Follows the feed through these relays in turn, as docs/events.md tells consumers to, until the test ends. */
export function startConsumer({ testEnded }: Shop, operator: Shopper, urls: () => string[]): Consumer {
  const consumer: Consumer = { ids: [], wrong: [], finish }
  let enough = Number.POSITIVE_INFINITY
  let after = ''

  async function readOnce(url: string) {
    const response = await fetch(`${url}/admin/events?limit=500&wait=1${after}`, {
      headers: { authorization: `Bearer ${operator.token}` },
      signal: AbortSignal.any([testEnded, AbortSignal.timeout(15_000)]),
    })
    const text = await response.text()
    if (response.status === 503) return setTimeout(50)
    if (response.status !== 200) return void consumer.wrong.push(`${response.status} ${text}`)
    const { data, meta } = JSON.parse(text) as { data: { id: string }[]; meta: { next: string } }
    consumer.ids.push(...data.map(({ id }) => id))
    after = `&after=${meta.next}`
  }

  async function follow() {
    for (let turn = 0; consumer.ids.length < enough && !testEnded.aborted; turn++) {
      const all = urls()
      // a relay that is down or frozen is tried again in its turn
      await readOnce(all[turn % all.length] as string).catch(() => setTimeout(50))
    }
  }
  const following = follow()

  async function finish(count: number) {
    enough = count
    await following
  }
  return consumer
}
