type Range = { type: string; quality: number }

/**
 * Returns which of `offered` an Accept header prefers (RFC 9110, section 12.5.1), the first of several with the same
 * quality, or undefined if it accepts none. Without the header, anything is accepted. Parameters of types are ignored.
 */
export function preferredType<Type extends string>(
  accept: string | undefined,
  offered: readonly Type[],
): Type | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0]
  const ranges = accept.split(',').flatMap(parseRange)
  const [best] = offered
    .map((type) => ({ type, quality: qualityOf(type, ranges) }))
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
  return best?.type
}

/** The most specific range decides: `text/csv;q=0, text/*` does not accept text/csv. */
function qualityOf(type: string, ranges: Range[]): number {
  const [group] = type.split('/')
  for (const wanted of [type, `${group}/*`, '*/*']) {
    const range = ranges.find((each) => each.type === wanted)
    if (range) return range.quality
  }
  return 0
}

/** Returns nothing for what is not a range. */
function parseRange(text: string): Range[] {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  if (!/^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+$/.test(type)) return []
  const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))
  if (weight === undefined) return [{ type, quality: 1 }]
  const digits = /^q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.exec(weight)?.[1]
  return digits === undefined ? [] : [{ type, quality: Number(digits) }]
}
