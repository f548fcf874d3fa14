import type { CallContext } from '@shop/service/client/service-client'
import { AppError, ServiceUnavailableError } from '@shop/service/errors'
import type { UserAccount, UserClient } from './clients/user-client.ts'

export type Customer = UserAccount

/**
 * Returns the customers with these ids, by id, or undefined if the User service cannot be asked: operators work on
 * orders while it is unavailable, or refuses.
 */
export async function customersOf(
  users: UserClient | undefined,
  userIds: string[],
  context: CallContext,
): Promise<Map<string, Customer> | undefined> {
  try {
    const accounts = await users?.getUsers(userIds, context)
    return accounts && new Map([...accounts].map(([id, account]) => [id, toCustomer(account)]))
  } catch (error) {
    // the client has logged it; anything else is a defect
    if (error instanceof AppError) return undefined
    throw error
  }
}

/** Returns the customer, or null if it is unknown or the User service cannot be asked. */
export async function customerOf(
  users: UserClient | undefined,
  userId: string,
  context: CallContext,
): Promise<Customer | null> {
  const customers = await customersOf(users, [userId], context)
  return customers?.get(userId) ?? null
}

/**
 * Returns the id of the user that is looked for, by id or email: undefined if by neither, `nobody` if there is no such
 * user or the two differ. Throws what UserClient throws, and ServiceUnavailableError if no User service is configured.
 */
export async function userIdOf(
  users: UserClient | undefined,
  { userId, email }: { userId?: string; email?: string },
  context: CallContext,
): Promise<string | 'nobody' | undefined> {
  if (email === undefined) return userId
  if (!users) throw new ServiceUnavailableError('upstream_unavailable', 'The user service is not configured.')
  const user = await users.findUserByEmail(email, context)
  if (!user || (userId !== undefined && userId.toLowerCase() !== user.id.toLowerCase())) return 'nobody'
  return user.id
}

/** Returns only what is shown: the User service may send more. */
const toCustomer = ({ id, name, email }: UserAccount): Customer => ({ id, name, email })
