export type Numbered = { id: string; number: string }

/** Returns an order number without what people add or confuse: `7kq4m-2xd9t` and `7KQ4M2XD9T` are the same. */
const plain = (number: string) =>
  number.toUpperCase().replace(/[-\s]/g, '').replace(/[IL]/g, '1').replaceAll('O', '0')

/**
 * Returns the tracking number of each order, by its id, from lines pasted from a sheet: order number and tracking
 * number, or tracking numbers alone in the order of the list. `unmatched` counts the lines of no order.
 */
export function readTrackingNumbers(
  text: string,
  orders: readonly Numbered[],
): { byId: Map<string, string>; unmatched: number } {
  const byNumber = new Map(orders.map(({ id, number }) => [plain(number), id]))
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const cells = lines.map((line) => cellsOf(line, byNumber))
  const byId = new Map<string, string>()
  let unmatched = 0
  cells.forEach((row, i) => {
    const id = row.length > 1 ? byNumber.get(plain(row[0] ?? '')) : orders[i]?.id
    const trackingNumber = row.length > 1 ? row[1] : row[0]
    if (id === undefined || trackingNumber === undefined) unmatched++
    else byId.set(id, trackingNumber)
  })
  return { byId, unmatched }
}

function cellsOf(line: string, byNumber: ReadonlyMap<string, string>): string[] {
  const [, first = '', rest = ''] = /^\s*(\S+)\s+(.*)$/.exec(line) ?? []
  const cells = /[\t;,]/.test(line)
    ? line.split(/[\t;,]/)
    : byNumber.has(plain(first))
      ? [first, rest]
      : [line]
  return cells.map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')).filter((cell) => cell !== '')
}

/** Lets `work` do all items, so many at a time, in their order. */
export async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  await Promise.all(
    Array.from({ length: limit }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
    }),
  )
}
