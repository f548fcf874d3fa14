import { escapePointer } from './validation-details.ts'

/** An open array or object, and the current index or name in it. */
type Container = { names: Set<string> | undefined; at: string | number }

/**
 * Returns the JSON Pointer of the first member that repeats a name of its object, or undefined. JSON.parse
 * takes the last of such members, other parsers the first (RFC 8259, section 4). `text` must be valid JSON.
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
        // a name if a colon follows
        if (current?.names) name = text.slice(start, i + 1)
        break
      }
      case ':': {
        if (!current?.names) break
        // two spellings of a name count as the same name
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

/** Returns the index of the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i
}

const pointerOf = (open: Container[]) => open.map(({ at }) => `/${escapePointer(String(at))}`).join('')
