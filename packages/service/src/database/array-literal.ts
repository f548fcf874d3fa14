/**
 * Returns the values as one text that PostgreSQL reads as an array of any type, with null as NULL: for statements whose
 * parameters are columns of many rows.
 */
export function toArrayLiteral(values: readonly (string | number | null)[]): string {
  const elements = values.map((value) =>
    typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value ?? 'NULL'),
  )
  return `{${elements.join()}}`
}
