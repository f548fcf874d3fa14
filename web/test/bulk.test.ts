import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inParallel, readTrackingNumbers } from '../src/desk/orders/bulk.ts'

const orders = [
  { id: 'a', number: '7KQ4M-2XD9T' },
  { id: 'b', number: '00000-0W00Q' },
]
const read = (text: string) => {
  const { byId, unmatched } = readTrackingNumbers(text, orders)
  return { ...Object.fromEntries(byId), unmatched }
}

test('lines with an order number are matched by it, in any order and spelling', () => {
  const expected = { a: 'PP1', b: 'PP 2', unmatched: 0 }
  assert.deepEqual(read('00000-0W00Q\tPP 2\r\n7kq4m2xd9t\tPP1\r\n\r\n'), expected)
  assert.deepEqual(read('ooooo-ow00q;"PP 2"\n7KQ4M-2XD9T;PP1'), expected)
  assert.deepEqual(read('7KQ4M-2XD9T PP1'), { a: 'PP1', unmatched: 0 })
})

test('tracking numbers alone go by the order of the list', () => {
  assert.deepEqual(read('PP1\nPP2'), { a: 'PP1', b: 'PP2', unmatched: 0 })
})

test('lines of no order are counted', () => {
  assert.deepEqual(read('99999-99999\tPP1\n00000-0W00Q\tPP2'), { b: 'PP2', unmatched: 1 })
  assert.deepEqual(read('PP1\nPP2\nPP3'), { a: 'PP1', b: 'PP2', unmatched: 1 })
})

test('never more work at a time than the limit, and all of it', async () => {
  let running = 0
  let most = 0
  const done: number[] = []
  await inParallel([...Array(12).keys()], 5, async (item) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 1 + (item % 3)))
    running--
    done.push(item)
  })
  assert.equal(most, 5)
  assert.deepEqual(
    done.sort((a, b) => a - b),
    [...Array(12).keys()],
  )
})
