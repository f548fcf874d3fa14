// Any 16 bytes are a UUID to PostgreSQL, whatever version they claim, so these check none.

/** Returns the 16 bytes of a UUID. */
export const uuidToBytes = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex')

/** Returns the UUID that 16 bytes stand for, in lower case. */
export const bytesToUuid = (bytes: Buffer) =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
