import type { UserClient } from '../src/clients/user-client.ts'

const accountOf = (id: string) => ({ id, name: 'Alice', email: 'alice@example.com' })

/** A user client without a User service: every id has an account, and every email but one belongs to one of them. */
export const anyUsers: UserClient = {
  getUser: async (id) => accountOf(id),
  getUsers: async (ids) => new Map(ids.map((id) => [id, accountOf(id)])),
  findUserByEmail: async (email) =>
    email === 'nobody@example.com' ? undefined : accountOf('00000000-0000-7000-8000-0000000000a1'),
}
