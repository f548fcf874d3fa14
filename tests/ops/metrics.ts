/** A line of /metrics. `labels` has the job too, as Prometheus adds it. */
export type Series = { name: string; labels: Record<string, string>; value: number }

/** Reads the text of /metrics of a service. */
export function seriesOf(job: string, text: string): Series[] {
  return [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: { job, instance: job, ...labelsOf(labels) },
    value: Number(value),
  }))
}

const labelsOf = (text: string) =>
  Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]))

/** What a query says of one metric: `up{job="order"}`. */
export type Selector = { text: string; name: string; matches(labels: Record<string, string>): boolean }

const words =
  /^(?:sum|max|min|by|on|and|or|absent|rate|increase|changes|histogram_quantile|group_left|min_over_time)$/

/** Returns the selectors in a query of PromQL, without those in the list of labels behind by, on and group_left. */
export function selectorsOf(query: string): Selector[] {
  const rest = query.replace(/\b(?:by|on|group_left) ?\([^)]*\)/g, '')
  return [...rest.matchAll(/\b([a-z]\w*)\b(?:\{([^}]*)\})?(?![^{]*\})/g)]
    .filter(([, name = '']) => !words.test(name) && !/^\d*[smhd]$/.test(name))
    .map(([text, name = '', matchers = '']) => ({ text, name, matches: matcherOf(matchers) }))
}

function matcherOf(text: string) {
  const tests = [...text.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(
    ([, label = '', operator, value = '']) => {
      const pattern = new RegExp(`^(?:${value})$`)
      return (labels: Record<string, string>) => {
        const actual = labels[label]
        // a mistyped label would match everything with != and !~
        if (actual === undefined) return false
        const isSame = operator?.endsWith('~') ? pattern.test(actual) : actual === value
        return operator?.startsWith('!') ? !isSame : isSame
      }
    },
  )
  return (labels: Record<string, string>) => tests.every((holds) => holds(labels))
}

/** Returns the labels that a query groups or joins by. */
export const groupingLabels = (query: string): string[] =>
  [...query.matchAll(/\b(?:by|on|group_left) ?\(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').flatMap((label) => label.trim() || []),
  )
