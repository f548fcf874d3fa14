import type { CallContext, ServiceClient } from '@shop/service/client/service-client'
import { BadGatewayError, NotFoundError } from '@shop/service/errors'
import { idErrors, throwIfInvalid } from '@shop/service/validation'
import { type Static, type TSchema, Type } from 'typebox'

/** The issuer of a user's tokens may tell neither email nor name. */
const UserFields = Type.Object({
  id: Type.String(),
  email: Type.Union([Type.String(), Type.Null()]),
  name: Type.Union([Type.String(), Type.Null()]),
})

export type UserAccount = Static<typeof UserFields>

export type UserClient = ReturnType<typeof createUserClient>

/** The most users that one call can ask for. */
const maxUsers = 100

/**
 * How long a call may take, in milliseconds: operators see their orders without names rather than wait for
 * them.
 */
export const userTimeoutMs = 500

/** A hundred users with the longest names and emails, in bytes. */
export const maxUsersSize = 256 * 1024

export function createUserClient(http: ServiceClient) {
  /** Asks for several users. A service without this route answers 404, which does not mean that there is no user. */
  async function list<Schema extends TSchema>(query: string, schema: Schema, context: CallContext) {
    return http.get(`/users?${query}`, { schema, resource: 'user' }, context).catch((error) => {
      if (!(error instanceof NotFoundError)) throw error
      throw new BadGatewayError('The user service cannot list users.', { cause: error })
    })
  }

  return {
    /**
     * Returns the account, if the caller's own token may see it. Throws NotFoundError, ValidationError if the id is not a
     * UUID, and what ServiceClient.get throws.
     */
    async getUser(userId: string, context: CallContext): Promise<UserAccount> {
      throwIfInvalid(idErrors({ userId }))
      const user = await http.get(`/users/${userId}`, { schema: UserFields, resource: 'user' }, context)
      if (user.id.toLowerCase() !== userId.toLowerCase()) {
        throw new BadGatewayError('The user service returned a different user.')
      }
      return user
    },

    /**
     * Returns those of the users that exist, at most 100, by their id in lower case, in one call. The caller's token must
     * be an admin's. Throws ValidationError if an id is not a UUID, and what ServiceClient.get throws.
     */
    async getUsers(userIds: readonly string[], context: CallContext): Promise<Map<string, UserAccount>> {
      const ids = [...new Set(userIds.map((id) => id.toLowerCase()))]
      throwIfInvalid(...ids.map((userId) => idErrors({ userId })))
      if (ids.length > maxUsers)
        throw new RangeError(`${ids.length} users are more than one call can ask for`)
      if (ids.length === 0) return new Map()
      const { data } = await list(`ids=${ids.join()}`, UserList, context)
      return new Map(data.map((user) => [user.id.toLowerCase(), user]))
    },

    /**
     * Returns the user with exactly this email, in any capitalisation, or undefined. The caller's token must be an
     * admin's. Throws what ServiceClient.get throws.
     */
    async findUserByEmail(email: string, context: CallContext): Promise<UserAccount | undefined> {
      const { data } = await list(`email=${encodeURIComponent(email)}`, OneUser, context)
      const [user] = data
      if (user && user.email?.toLowerCase() !== email.toLowerCase()) {
        throw new BadGatewayError('The user service returned a different user.')
      }
      return user
    },
  }
}

const UserList = Type.Object({ data: Type.Array(UserFields, { maxItems: maxUsers }) })

const OneUser = Type.Object({ data: Type.Array(UserFields, { maxItems: 1 }) })
