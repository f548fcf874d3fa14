import pg from 'pg'

/**
 * Replaces psql's placeholders, `:"name"` with a quoted identifier and `:'name'` with a quoted literal, so that a file also
 * runs with `psql -v name=value`. Throws for a name without a value.
 */
export function fillIn(sql: string, values: Record<string, string>): string {
  return sql.replace(/(?<!:):(?:"(\w+)"|'(\w+)')/g, (placeholder, identifier, literal) => {
    const value = values[identifier ?? literal]
    if (value === undefined) throw new Error(`${placeholder} has no value`)
    return identifier ? pg.escapeIdentifier(value) : pg.escapeLiteral(value)
  })
}
