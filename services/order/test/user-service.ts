import { createServiceClient } from '@shop/service/client/service-client'
import { MockAgent } from 'undici'
import { createUserClient, type UserAccount, type UserClient } from '../src/clients/user-client.ts'

const origin = 'http://user.test'
const json = { headers: { 'content-type': 'application/json' } }

/** What is wrong with a User service: it does not run, does not answer in time, or answers with this status. */
export type Trouble = 'stopped' | 'slow' | number

export type UserService = {
  /** The client that the Order service uses, on a stub of HTTP. */
  users: UserClient
  /** The calls so far: path with query, and headers. */
  calls: { path: string; headers: Record<string, string> }[]
  /** Changes what is wrong with the service from now on; nothing when undefined. */
  setTrouble(trouble: Trouble | undefined): void
  close(): Promise<void>
}

/** Stands in for the User service, with these accounts. */
export function createUserService(accounts: UserAccount[]): UserService {
  const calls: UserService['calls'] = []
  const agents: MockAgent[] = []

  function connect(trouble?: Trouble): UserClient {
    const agent = new MockAgent()
    agent.disableNetConnect()
    agents.push(agent)
    const interceptor = agent.get(origin).intercept({ path: /^\/users\?/ })
    if (trouble === 'stopped') {
      interceptor.replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })).persist()
    } else {
      const reply = interceptor.reply(({ path, headers }) => {
        calls.push({ path, headers: headers as Record<string, string> })
        const statusCode = typeof trouble === 'number' ? trouble : 200
        return { statusCode, data: { data: find(accounts, path) }, responseOptions: json }
      })
      if (trouble === 'slow') reply.delay(1000)
      reply.persist()
    }
    const config = {
      // one that a busy machine does not reach, unless it must be reached
      upstreamTimeoutMs: trouble === 'slow' ? 50 : 10_000,
      upstreamBreakerThreshold: 1000,
      upstreamBreakerOpenMs: 1000,
    }
    return createUserClient(createServiceClient({ name: 'user', baseUrl: origin, config, dispatcher: agent }))
  }

  let current = connect()
  return {
    users: {
      getUser: (...given) => current.getUser(...given),
      getUsers: (...given) => current.getUsers(...given),
      findUserByEmail: (...given) => current.findUserByEmail(...given),
    },
    calls,
    setTrouble(trouble) {
      current = connect(trouble)
    },
    async close() {
      await Promise.all(agents.map((agent) => agent.close()))
    },
  }
}

/** Returns the accounts that `GET /users?ids=` or `GET /users?email=` asks for, as the User service finds them. */
function find(accounts: UserAccount[], path: string): UserAccount[] {
  const query = new URL(path, origin).searchParams
  const ids = query.get('ids')?.split(',') ?? []
  const email = query.get('email')?.toLowerCase()
  return accounts.filter((account) => ids.includes(account.id) || account.email?.toLowerCase() === email)
}
