import type { CallContext, ServiceClient } from '@shop/service/client/service-client'
import { BadGatewayError } from '@shop/service/errors'
import { idErrors, throwIfInvalid } from '@shop/service/validation'
import { type Static, Type } from 'typebox'

const UserFields = Type.Object({
  id: Type.String(),
  email: Type.String(),
  name: Type.String(),
})

export type UserAccount = Static<typeof UserFields>

export type UserClient = ReturnType<typeof createUserClient>

export function createUserClient(http: ServiceClient) {
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
  }
}
