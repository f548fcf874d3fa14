import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { type Static, Type } from 'typebox'
import { v7 as uuidv7 } from 'uuid'

/** The public half of a key: a point on an elliptic curve (RFC 7518, 6.2.1), and its use. */
export const PublicKey = Type.Object(
  {
    kty: Type.Literal('EC'),
    crv: Type.Literal('P-256'),
    x: Type.String(),
    y: Type.String(),
    kid: Type.String(),
    alg: Type.Literal('ES256'),
    use: Type.Literal('sig'),
  },
  { title: 'PublicKey' },
)

export type PublicKey = Static<typeof PublicKey>

export type SigningKey = { kid: string; privateKey: JWK }

export async function generateSigningKey(): Promise<SigningKey & { publicKey: PublicKey }> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const kid = uuidv7()
  return {
    kid,
    privateKey: await exportJWK(pair.privateKey),
    publicKey: { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' } as PublicKey,
  }
}
