import { ConnectionError } from './transport.ts'

/** One block of a stream of server-sent events; `data` is undefined in blocks that only have an id or a retry. */
export type ServerSentEvent = {
  event: string
  data: string | undefined
  id: string | undefined
  retryMs: number | undefined
}

/** An event may be this long; a server that sends more would otherwise fill the memory. */
const maxCharacters = 1024 * 1024

/**
 * Returns a parser of `text/event-stream` (WHATWG HTML, 9.2.6) that may be fed in pieces of any size. `push`
 * returns the blocks that the piece completes, unlike EventSource also those without data: their ids count.
 */
export function createEventStreamParser() {
  let unfinished = ''
  let endedWithReturn = false
  let block = emptyBlock()

  return {
    push(text: string): ServerSentEvent[] {
      if (text === '') return []
      // the other half of a CRLF that was cut in two
      const piece = endedWithReturn && text.startsWith('\n') ? text.slice(1) : text
      endedWithReturn = text.endsWith('\r')
      const lines = (unfinished + piece).split(/\r\n|\n|\r/)
      unfinished = lines.pop() ?? ''
      const events: ServerSentEvent[] = []
      for (const line of lines) {
        if (line !== '') {
          readField(block, line)
          continue
        }
        if (!isEmpty(block)) events.push(block)
        block = emptyBlock()
      }
      if (unfinished.length + (block.data?.length ?? 0) > maxCharacters)
        throw new RangeError(`An event of the stream is longer than ${maxCharacters} characters.`)
      return events
    },
  }
}

const emptyBlock = (): ServerSentEvent => ({
  event: 'message',
  data: undefined,
  id: undefined,
  retryMs: undefined,
})

const isEmpty = ({ data, id, retryMs }: ServerSentEvent) =>
  data === undefined && id === undefined && retryMs === undefined

function readField(block: ServerSentEvent, line: string) {
  const colon = line.indexOf(':')
  const name = colon === -1 ? line : line.slice(0, colon)
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (name === 'event') block.event = value || 'message'
  else if (name === 'data') block.data = block.data === undefined ? value : `${block.data}\n${value}`
  else if (name === 'id' && !value.includes('\0')) block.id = value
  else if (name === 'retry' && /^\d+$/.test(value)) block.retryMs = Number(value)
}

/**
 * Yields the events of a body as they arrive. Throws ConnectionError if the body breaks off, or if nothing comes
 * for `silenceMs` while the next event is awaited. Cancels the body whenever the iteration ends.
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>, silenceMs: number) {
  // Safari cannot iterate over a body
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const parser = createEventStreamParser()
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read(), silenceMs)
      if (done) return
      yield* parser.push(decoder.decode(value, { stream: true }))
    }
  } finally {
    // a body that broke or was aborted rejects the same way again
    await reader.cancel().catch(() => {})
  }
}

async function withinSilence<T>(next: Promise<T>, silenceMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${silenceMs} ms`)), silenceMs)
  })
  try {
    return await Promise.race([next, silence])
  } catch (cause) {
    throw new ConnectionError('The stream of events broke off.', { cause })
  } finally {
    clearTimeout(timer)
  }
}
