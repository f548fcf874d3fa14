import type { Document, Schema } from './document.ts'

/** In requests, what was accepted must still be; in answers, what was there must still be, with no type that is new. */
type Direction = 'request' | 'answer'

type Comparison = { place: string; before: Schema; after: Schema; direction: Direction }

/** Keywords that accept less the greater they are, and those that accept less the smaller they are. */
const lowerLimits = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const
const upperLimits = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const

/**
 * Returns a function that compares two schemas of the documents. Changes of a named schema are reported under its name,
 * once however often it is used; where another schema takes its place, under that place.
 */
export function createSchemaComparison(documents: { before: Document; after: Document }) {
  /** What has been compared, or is being compared, which ends the comparison of schemas that contain themselves. */
  const compared = new Set<string>()

  /** Returns the breaking changes at this place, as sentences. */
  function compare(comparison: Comparison): string[] {
    const { direction } = comparison
    const [name, successor] = [nameOf(comparison.before), nameOf(comparison.after)]
    const isSame = name === successor
    const key = name && successor && `${direction} ${name} ${successor}`
    if (key && compared.has(key)) return []
    if (key) compared.add(key)
    const place = (isSame && name) || comparison.place
    const before = plain(comparison.before, documents.before)
    const after = plain(comparison.after, documents.after)
    const pair = { place, before, after, direction }
    const changes = [
      ...typeChanges(pair),
      ...enumChanges(pair),
      ...(direction === 'request' ? limitChanges(pair) : []),
      ...memberChanges(pair),
      ...alternativeChanges(pair),
      ...(before.items && after.items
        ? compare({ place: `${place}[]`, before: before.items, after: after.items, direction })
        : []),
    ]
    if (key && !isSame) compared.delete(key)
    return changes
  }

  function typeChanges({ place, before, after, direction }: Comparison): string[] {
    const [earlier, later] = [typesOf(before, documents.before), typesOf(after, documents.after)]
    const [narrow, wide] = direction === 'request' ? [earlier, later] : [later, earlier]
    // without a type, anything is allowed
    if (wide.size === 0 || (narrow.size > 0 && narrow.isSubsetOf(wide))) return []
    const list = (types: Set<string>) => [...types].sort().join(' or ') || 'anything'
    return [`${place} is ${list(later)} in ${direction}s, not ${list(earlier)}`]
  }

  function memberChanges({ place, before, after, direction }: Comparison): string[] {
    const later = after.properties ?? {}
    const isOpen = direction === 'request' && after.additionalProperties !== false
    const changes = Object.entries(before.properties ?? {}).flatMap(([name, schema]) => {
      const successor = later[name]
      if (successor)
        return compare({ place: `${place}.${name}`, before: schema, after: successor, direction })
      return isOpen ? [] : [`${place}.${name} is removed from ${direction}s`]
    })
    const [mustHave, had] = direction === 'request' ? [after, before] : [before, after]
    const required = (mustHave.required ?? [])
      .filter((name) => !had.required?.includes(name) && (direction === 'request' || name in later))
      .map((name) => `${place}.${name} is ${direction === 'request' ? 'required' : 'no longer always there'}`)
    const isClosed = after.additionalProperties === false && (before.additionalProperties ?? true) !== false
    return [
      ...changes,
      ...required,
      ...(direction === 'request' && isClosed ? [`${place} accepts no other members`] : []),
    ]
  }

  /** Alternatives are compared with those of the same name; those without a name have types, which are compared elsewhere. */
  function alternativeChanges({ place, before, after, direction }: Comparison): string[] {
    return (before.anyOf ?? []).flatMap((alternative) => {
      const name = nameOf(alternative)
      // a schema may have become one of several, or the only one
      const successor = [...(after.anyOf ?? []), after].find((other) =>
        name === undefined ? other.type === alternative.type : nameOf(other) === name,
      )
      if (successor) return compare({ place, before: alternative, after: successor, direction })
      return name === undefined ? [] : [`${place} is no longer ${name} in ${direction}s`]
    })
  }

  return compare
}

const nameOf = ({ $ref }: Schema) => $ref?.split('/').at(-1)

/** Returns the schema without references and `allOf`. */
function plain(schema: Schema, document: Document): Schema {
  const name = nameOf(schema)
  const schemas = (document.components.schemas ?? {}) as Record<string, Schema>
  const { allOf = [], ...own } = (name === undefined ? schema : schemas[name]) ?? {}
  const parts = [...allOf.map((part) => plain(part, document)), own]
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  }
}

/** Returns the types that a value can have. */
function typesOf(schema: Schema, document: Document): Set<string> {
  const { type, anyOf } = plain(schema, document)
  if (anyOf) return new Set(anyOf.flatMap((alternative) => [...typesOf(alternative, document)]))
  return new Set([type ?? []].flat())
}

function enumChanges({ place, before, after, direction }: Comparison): string[] {
  if (!before.enum) return after.enum && direction === 'request' ? [`${place} accepts only some values`] : []
  if (!after.enum) return direction === 'request' ? [] : [`${place} can be any value in answers`]
  const { enum: later } = after
  return before.enum
    .filter((value) => !later.includes(value))
    .map((value) => `${place} is no longer ${value} in ${direction}s`)
}

function limitChanges({ place, before, after }: Comparison): string[] {
  const narrower = [
    ...lowerLimits.filter((limit) => (after[limit] ?? -Infinity) > (before[limit] ?? -Infinity)),
    ...upperLimits.filter((limit) => (after[limit] ?? Infinity) < (before[limit] ?? Infinity)),
  ]
  const others = (['pattern', 'format', 'uniqueItems'] as const).filter(
    (rule) => after[rule] !== undefined && after[rule] !== before[rule],
  )
  return [
    ...narrower.map((limit) => `${place} has the ${limit} ${after[limit]}`),
    ...others.map((rule) => `${place} has another ${rule}`),
  ]
}
