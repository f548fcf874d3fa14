import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { cleanUp, type Lifetime } from '../clean-up.ts'

/**
 * Starts a DNS server on loopback that resolves every name to `addresses` (IPv4), or for each question to those that
 * a function returns for the name; it does not answer when that is undefined. Returns its port.
 */
export async function startNameServer(
  t: Lifetime,
  addresses: string[] | ((name: string) => string[] | undefined),
): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const found = typeof addresses === 'function' ? addresses(nameIn(query)) : addresses
    if (found) socket.send(answerTo(query, found), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  cleanUp(t, () => socket.close())
  return socket.address().port
}

/** Returns the name that a query asks for: after the header, labels that each begin with their length. */
function nameIn(query: Buffer): string {
  const labels: string[] = []
  for (let start = 12; query.readUInt8(start) > 0; start += 1 + query.readUInt8(start))
    labels.push(query.toString('latin1', start + 1, start + 1 + query.readUInt8(start)))
  return labels.join('.').toLowerCase()
}

/**
 * Returns an answer (RFC 1035, section 4): a header, the question unchanged, and a record for each address.
 */
function answerTo(query: Buffer, addresses: string[]): Buffer {
  let end = 12
  while (query.readUInt8(end) > 0) end += 1 + query.readUInt8(end)
  const question = query.subarray(12, end + 5)
  // the query's id; an answer with recursion, without error; one question
  const header = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, addresses.length, 0, 0, 0, 0])
  // the name by reference to the question, type A, class IN, valid for a second, four bytes
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]),
  )
  return Buffer.concat([header, question, ...records])
}
