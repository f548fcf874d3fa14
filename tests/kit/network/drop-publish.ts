/**
 * Returns a function for a proxy in front of NATS that removes one publish to a subject that begins with `subject`, the
 * first that comes in one piece after `skipped` others, and a function that says whether it has.
 */
export function dropPublish(subject: string, skipped = 0) {
  let seen = 0
  let dropped = false
  const start = Buffer.from(`HPUB ${subject}`)

  function change(chunk: Buffer): Buffer {
    for (let from = chunk.indexOf(start); from >= 0 && !dropped; from = chunk.indexOf(start, from + 1)) {
      // HPUB <subject> <reply> <bytes of headers> <bytes in all>, a line end, and the bytes with a line end
      const lineEnd = chunk.indexOf('\r\n', from)
      const size = Number(chunk.toString('latin1', from, lineEnd).split(' ').at(-1))
      const end = lineEnd + 2 + size + 2
      if (lineEnd < 0 || end > chunk.length || seen++ < skipped) continue
      dropped = true
      return Buffer.concat([chunk.subarray(0, from), chunk.subarray(end)])
    }
    return chunk
  }

  return { change, hasDropped: () => dropped }
}
