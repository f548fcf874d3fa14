import type { User as TokenUser } from '@shop/service/auth/token-verifier'
import { Text, Timestamp, Uuid } from '@shop/service/schemas'
import { type Static, Type } from 'typebox'

/** 254 is the longest address that SMTP can carry (RFC 5321, 4.5.3.1.3). */
export const Email = Type.String({ format: 'email', maxLength: 254, examples: ['alice@example.com'] })

export const Name = Text({ maxLength: 200, examples: ['Alice Example'] })

export const NewPassword = Text({ minLength: 8, maxLength: 128, examples: ['correct horse battery'] })

/** A password to check. Any text is accepted: the rules for new ones would only help attackers. */
export const Password = Type.String({ maxLength: 1024, examples: ['demo-password'] })

/** An identity provider may tell neither. */
const ofPerson = {
  email: Type.Union([Email, Type.Null()], {
    description: 'Null for a user of an identity provider that does not provide it.',
  }),
  name: Type.Union([Name, Type.Null()], { description: 'Null like email.' }),
}

/** A user as clients see it. */
export const User = Type.Object(
  {
    id: Uuid,
    ...ofPerson,
    role: Type.Enum(['customer', 'admin'], { type: 'string', title: 'UserRole' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: 'User' },
)

export type User = Static<typeof User>

/**
 * Returns the caller as it is shown: with the role of the token, which is the one that is enforced. Only the rows of this
 * service's own accounts have roles, and a row may have changed since the token was issued.
 */
export const asCaller = (caller: User, { role }: TokenUser): User => ({ ...caller, role })

/** What operators see of the user behind an order. */
export const Contact = Type.Object({ id: Uuid, ...ofPerson }, { title: 'Contact' })

export type Contact = Static<typeof Contact>
