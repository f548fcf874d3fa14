import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

/** PostgreSQL's defaults. */
const ITERATIONS = 4096
const SALT_BYTES = 16

/**
 * Returns what PostgreSQL stores for a password with SCRAM-SHA-256 (RFC 5802, RFC 7677). ALTER ROLE accepts
 * it instead of the password, which then reaches neither the server nor its log.
 */
export async function scramVerifier(
  password: string,
  { salt = randomBytes(SALT_BYTES), iterations = ITERATIONS } = {},
): Promise<string> {
  const salted = await promisify(pbkdf2)(saslprep(password), salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  const serverKey = hmac('Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

/**
 * SASLprep (RFC 4013) as the client library pg does it, so that services can always log in. PostgreSQL and
 * libpq use a password with prohibited characters unchanged: the result differs only if it also has a
 * character replaced here.
 */
function saslprep(password: string): string {
  return password.replace(nonAsciiSpaces, ' ').replace(mappedToNothing, '').normalize('NFKC')
}

/** RFC 3454, tables C.1.2 and B.1. */
const nonAsciiSpaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g
// biome-ignore lint/suspicious/noMisleadingCharacterClass: joiners and variation selectors are matched one by one
const mappedToNothing = /[\u00AD\u034F\u1806\u180B-\u180D\u200C\u200D\u2060\uFE00-\uFE0F\uFEFF]/g
