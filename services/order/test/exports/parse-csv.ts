/** Returns the records of a text in the format of RFC 4180. Throws for anything that is not in this format. */
export function parseCsv(text: string, separator = ','): string[][] {
  const records: string[][] = []
  let fields: string[] = []
  for (let at = 0; at < text.length; ) {
    let field = ''
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (at >= text.length) throw new Error('a quoted field has no end')
        if (text[at] === '"') at++
        field += text[at]
      }
      at++
    } else {
      while (at < text.length && text[at] !== separator && text[at] !== '\r') {
        if (text[at] === '"' || text[at] === '\n')
          throw new Error(`unquoted ${JSON.stringify(text[at])} at ${at}`)
        field += text[at++]
      }
    }
    fields.push(field)
    if (text[at] === separator) at++
    else if (text.startsWith('\r\n', at)) {
      records.push(fields)
      fields = []
      at += 2
    } else throw new Error(`neither separator nor line break at ${at}`)
  }
  if (fields.length > 0) throw new Error('the last record has no line break')
  return records
}

/** Returns the rows after the header, as objects by column. Throws unless all have as many fields. */
export function rowsOf(text: string, separator = ','): Record<string, string>[] {
  const [header = [], ...records] = parseCsv(text, separator)
  return records.map((record) => {
    if (record.length !== header.length)
      throw new Error(`${record.length} fields below ${header.length} columns`)
    return Object.fromEntries(header.map((name, index) => [name, record[index] as string]))
  })
}
