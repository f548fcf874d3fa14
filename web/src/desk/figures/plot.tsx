import { ceilingOf } from './figures.ts'

const width = 720
const height = 160
const foot = 20

type Series = { name: string; values: readonly number[]; kind: 'main' | 'other' }

type Props = {
  /** What it shows, in a sentence; the table has the numbers. */
  label: string
  days: readonly string[]
  series: readonly Series[]
  format: (value: number) => string
  formatDay: (day: string) => string
}

/** Bars for each day, side by side for each series. All of it is text or shape, in the colours of the page. */
export function Plot({ label, days, series, format, formatDay }: Props) {
  const top = ceilingOf(series.flatMap(({ values }) => values))
  const step = width / days.length
  const bar = (step * 0.72) / series.length
  const y = (value: number) => (height - foot) * (1 - value / top)
  return (
    <figure class="plot">
      <div class="plot-top small muted" aria-hidden="true">
        {format(top)}
      </div>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <line class="grid" x1="0" x2={width} y1="0.5" y2="0.5" />
        <line class="grid" x1="0" x2={width} y1={height - foot} y2={height - foot} />
        {days.map((day, i) => (
          <g key={day}>
            <title>
              {[
                formatDay(day),
                ...series.map(({ name, values }) => `${name}: ${format(values[i] ?? 0)}`),
              ].join('\n')}
            </title>
            <rect class="hit" x={i * step} y="0" width={step} height={height - foot} />
            {series.map(({ name, values, kind }, s) => (
              <rect
                key={name}
                class={kind}
                x={i * step + step * 0.14 + s * bar}
                y={y(values[i] ?? 0)}
                width={bar}
                height={height - foot - y(values[i] ?? 0)}
              />
            ))}
          </g>
        ))}
      </svg>
      <div class="plot-foot small muted" aria-hidden="true">
        {[days.at(0), days.at(-1)].map((day) => (
          <span key={day}>{day === undefined ? null : formatDay(day)}</span>
        ))}
      </div>
      {series.length > 1 ? (
        <figcaption class="legend small">
          {series.map(({ name, kind }) => (
            <span key={name}>
              <span class={`swatch ${kind}`} aria-hidden="true" /> {name}
            </span>
          ))}
        </figcaption>
      ) : null}
    </figure>
  )
}
