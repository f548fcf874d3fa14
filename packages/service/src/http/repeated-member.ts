import { escapePointer } from './validation-details.ts'

/** An array or object that is open at this place of the text, and where in it we are. */
type Container = { names: Set<string> | undefined; at: string | number }

/**
 * Returns the JSON Pointer of the first member whose object has another one of that name before it, or undefined.
 * JSON.parse takes the last of them, other readers the first (RFC 8259, section 4). `text` must be valid JSON.
 */
export function repeatedMember(text: string): string | undefined {
  const open: Container[] = []
  let name = ''
  for (let i = 0; i < text.length; i++) {
    const current = open.at(-1)
    switch (text[i]) {
      case '"': {
        const start = i
        i = endOfString(text, start)
        // only what a colon follows is a name, and only in an object can one follow
        if (current?.names) name = text.slice(start, i + 1)
        break
      }
      case ':': {
        if (!current?.names) break
        // two spellings of a name are one name
        current.at = name.includes('\\') ? (JSON.parse(name) as string) : name.slice(1, -1)
        if (current.names.has(current.at)) return pointerOf(open)
        current.names.add(current.at)
        break
      }
      case ',':
        if (typeof current?.at === 'number') current.at++
        break
      case '{':
        open.push({ names: new Set(), at: '' })
        break
      case '[':
        open.push({ names: undefined, at: 0 })
        break
      case '}':
      case ']':
        open.pop()
    }
  }
  return undefined
}

/** The place of the quote that ends the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i
}

const pointerOf = (open: Container[]) => open.map(({ at }) => `/${escapePointer(String(at))}`).join('')
