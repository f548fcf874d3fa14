import pg from 'pg'

/**
 * Replaces psql's placeholders, `:"name"` by a quoted identifier and `:'name'` by a quoted literal, so that the same file
 * also runs with `psql -v name=value`. Throws for a name without a value.
 */
export function fillIn(sql: string, values: Record<string, string>): string {
  return sql.replace(/(?<!:):(?:"(\w+)"|'(\w+)')/g, (placeholder, identifier, literal) => {
    const value = values[identifier ?? literal]
    if (value === undefined) throw new Error(`there is no value for ${placeholder}`)
    return identifier ? pg.escapeIdentifier(value) : pg.escapeLiteral(value)
  })
}
