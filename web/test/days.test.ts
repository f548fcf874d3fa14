import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addDays, dayOf, startOfDay } from '../src/ground/days.ts'

test('a day begins at the midnight of its time zone', () => {
  assert.equal(startOfDay('2026-07-01', 'UTC').toISOString(), '2026-07-01T00:00:00.000Z')
  assert.equal(startOfDay('2026-07-01', 'Europe/Berlin').toISOString(), '2026-06-30T22:00:00.000Z')
  assert.equal(startOfDay('2026-07-01', 'Pacific/Kiritimati').toISOString(), '2026-06-30T10:00:00.000Z')
  assert.equal(startOfDay('2026-07-01', 'Pacific/Pago_Pago').toISOString(), '2026-07-01T11:00:00.000Z')
})

test('days have 23 or 25 hours when the clocks change', () => {
  const hours = (day: string, zone: string) =>
    (startOfDay(addDays(day, 1), zone).getTime() - startOfDay(day, zone).getTime()) / 3_600_000
  assert.equal(hours('2026-09-27', 'Pacific/Auckland'), 23)
  assert.equal(hours('2026-04-05', 'Pacific/Auckland'), 25)
  assert.equal(hours('2026-04-06', 'Pacific/Auckland'), 24)
  // here there is no midnight on the day on which the clocks go forward
  assert.equal(startOfDay('2026-04-24', 'Africa/Cairo').toISOString(), '2026-04-23T22:00:00.000Z')
})

test('a moment is on the day of the time zone', () => {
  assert.equal(dayOf(new Date('2026-03-01T11:30:00Z'), 'Pacific/Auckland'), '2026-03-02')
  assert.equal(dayOf(new Date('2026-03-01T11:30:00Z'), 'UTC'), '2026-03-01')
  assert.equal(addDays('2026-02-28', 1), '2026-03-01')
  assert.equal(addDays('2026-01-01', -1), '2025-12-31')
})
