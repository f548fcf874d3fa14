import { useEffect, useState } from 'preact/hooks'
import { dayOf } from './days.ts'
import { dateLocale, language, preferences } from './preferences.ts'

const { timeZone } = preferences

const exact = new Intl.DateTimeFormat(dateLocale, {
  timeZone,
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
})
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })

export const formatExact = (iso: string) => exact.format(new Date(iso))

const dayMs = 86_400_000

/** Says how long ago something was: from a day on by the calendar, so that `yesterday` is yesterday. */
export function formatRelative(iso: string, now: number): string {
  const elapsed = new Date(iso).getTime() - now
  if (Math.abs(elapsed) >= dayMs) {
    const midnight = (moment: Date) => Date.parse(dayOf(moment, timeZone))
    return relative.format((midnight(new Date(iso)) - midnight(new Date(now))) / dayMs, 'day')
  }
  const hours = Math.trunc(elapsed / 3_600_000)
  return hours === 0
    ? relative.format(Math.trunc(elapsed / 60_000), 'minute')
    : relative.format(hours, 'hour')
}

/** Returns the time, which is renewed every half minute. */
function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** How long ago something happened, and exactly when, with the time zone. */
export function Time({ at, inline = false }: { at: string; inline?: boolean }) {
  const now = useNow()
  return (
    <time dateTime={at} class={inline ? 'time inline' : 'time'}>
      <span>
        <bdi>{formatRelative(at, now)}</bdi>
      </span>{' '}
      <span class="muted small">
        <bdi>{formatExact(at)}</bdi>
      </span>
    </time>
  )
}
