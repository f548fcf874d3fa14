const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Returns the value of a JSON text in UTF-8. Throws for any other bytes, which a lenient decoder would read as U+FFFD. */
export function parseJson(bytes: ArrayBuffer): unknown {
  return JSON.parse(utf8.decode(bytes))
}
