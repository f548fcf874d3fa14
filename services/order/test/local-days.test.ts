import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countDays, isTimeZone, localDays } from '../src/local-days.ts'

const quarterHourMs = 15 * 60_000

/** Returns the date of a moment in a zone, from the parts of a calendar that is not the one of local-days.ts. */
function dateFormatter(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  })
  return (ms: number) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]))
    return `${parts.get('year')}-${parts.get('month')?.padStart(2, '0')}-${parts.get('day')?.padStart(2, '0')}`
  }
}

const addDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)

/** Checks the days of a range against the date of every quarter of an hour from before it until after it. */
function assertDays(range: { from: string; to: string; tz: string }) {
  const days = localDays(range)
  assert.equal(days.length, countDays(range.from, range.to))
  const dateOf = dateFormatter(range.tz)
  for (const [index, { date, startsAt, endsAt }] of days.entries()) {
    assert.equal(date, addDays(range.from, index))
    if (index > 0) assert.equal(startsAt.getTime(), days[index - 1]?.endsAt.getTime())
    assert.ok(startsAt <= endsAt)
    if (startsAt < endsAt) assert.equal(dateOf(startsAt.getTime()), date)
    assert.ok(dateOf(startsAt.getTime() - 1000) < date)
  }
  const first = Date.parse(range.from) - 2 * 86_400_000
  const last = Date.parse(range.to) + 3 * 86_400_000
  for (let ms = first; ms < last; ms += quarterHourMs) {
    const day = days.find(({ startsAt, endsAt }) => startsAt.getTime() <= ms && ms < endsAt.getTime())
    const date = dateOf(ms)
    assert.equal(
      day?.date,
      date >= range.from && date <= range.to ? date : undefined,
      new Date(ms).toISOString(),
    )
  }
}

const changes: Record<string, { tz: string; date: string; startsAt: string; hours: number }> = {
  'the clocks go forward': {
    tz: 'Europe/Berlin',
    date: '2026-03-29',
    startsAt: '2026-03-28T23:00:00.000Z',
    hours: 23,
  },
  'the clocks go back': {
    tz: 'Europe/Berlin',
    date: '2026-10-25',
    startsAt: '2026-10-24T22:00:00.000Z',
    hours: 25,
  },
  'midnight is skipped in Brazil': {
    tz: 'America/Sao_Paulo',
    date: '2018-11-04',
    startsAt: '2018-11-04T03:00:00.000Z',
    hours: 23,
  },
  'the hour before midnight is repeated in Brazil': {
    tz: 'America/Sao_Paulo',
    date: '2018-02-17',
    startsAt: '2018-02-17T02:00:00.000Z',
    hours: 25,
  },
  'midnight is skipped in Egypt': {
    tz: 'Africa/Cairo',
    date: '2024-04-26',
    startsAt: '2024-04-25T22:00:00.000Z',
    hours: 23,
  },
  'the clocks go back by half an hour': {
    tz: 'Australia/Lord_Howe',
    date: '2024-04-07',
    startsAt: '2024-04-06T13:00:00.000Z',
    hours: 24.5,
  },
  'the clocks go forward by half an hour': {
    tz: 'Australia/Lord_Howe',
    date: '2024-10-06',
    startsAt: '2024-10-05T13:30:00.000Z',
    hours: 23.5,
  },
  'the date is skipped in Samoa': {
    tz: 'Pacific/Apia',
    date: '2011-12-30',
    startsAt: '2011-12-30T10:00:00.000Z',
    hours: 0,
  },
  'the date before it is whole': {
    tz: 'Pacific/Apia',
    date: '2011-12-29',
    startsAt: '2011-12-29T10:00:00.000Z',
    hours: 24,
  },
  'nothing changes': {
    tz: 'Asia/Kathmandu',
    date: '2026-06-01',
    startsAt: '2026-05-31T18:15:00.000Z',
    hours: 24,
  },
  'the zone is UTC': { tz: 'UTC', date: '2026-06-01', startsAt: '2026-06-01T00:00:00.000Z', hours: 24 },
}

for (const [name, { tz, date, startsAt, hours }] of Object.entries(changes)) {
  test(`a day on which ${name} has ${hours} hours`, () => {
    const [day] = localDays({ from: date, to: date, tz })
    assert.ok(day)
    assert.equal(day.startsAt.toISOString(), startsAt)
    assert.equal((day.endsAt.getTime() - day.startsAt.getTime()) / 3_600_000, hours)
    assertDays({ from: addDays(date, -2), to: addDays(date, 2), tz })
  })
}

test('every moment belongs to the day of its local date, in any zone', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  // where clocks went back across midnight, until 2010, a date has two beginnings
  const first = Date.parse('2011-01-01')
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.nat(Math.floor((Date.parse('2037-01-01') - first) / 86_400_000)),
      fc.integer({ min: 0, max: 5 }),
      (tz, day, more) => {
        const from = addDays(new Date(first).toISOString().slice(0, 10), day)
        assertDays({ from, to: addDays(from, more), tz })
      },
    ),
    { numRuns: 200 },
  )
})

test('92 days are as exact as one', () => {
  assertDays({ from: '2026-03-01', to: '2026-05-31', tz: 'Europe/Berlin' })
})

test('the first and the last supported dates can be computed', () => {
  for (const date of ['1970-01-01', '2999-12-31'])
    for (const tz of ['Pacific/Kiritimati', 'Pacific/Niue', 'UTC']) assertDays({ from: date, to: date, tz })
})

test('names of the IANA database are time zones; offsets and other texts are not', () => {
  for (const name of [
    'UTC',
    'Europe/Berlin',
    'America/Argentina/Buenos_Aires',
    'Etc/GMT+12',
    'America/Port-au-Prince',
  ])
    assert.ok(isTimeZone(name), name)
  for (const name of ['+01:00', '', 'Europe', 'Europe/Nowhere', 'Europe/Berlin ', "UTC'", '../UTC', 'utc\n'])
    assert.ok(!isTimeZone(name), name)
})
