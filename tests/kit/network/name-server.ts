import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { cleanUp, type Lifetime } from '../clean-up.ts'

/**
 * Starts a DNS server on loopback that resolves every name to `addresses` (IPv4), or for each question to those that
 * a function returns; it does not answer when there are none. Returns its port.
 */
export async function startNameServer(
  t: Lifetime,
  addresses: string[] | (() => string[] | undefined),
): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const found = typeof addresses === 'function' ? addresses() : addresses
    if (found) socket.send(answerTo(query, found), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  cleanUp(t, () => socket.close())
  return socket.address().port
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
