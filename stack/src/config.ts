import { portError } from '@shop/commands/ports'
import { type Config, ConfigError, integer, oneOf, optional, readConfig } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { corsSettings } from '@shop/service/http/cors'
import { logSettings } from '@shop/service/logger'

const portSettings = {
  gatewayPort: port('GATEWAY_PORT', 8080),
  userPort: port('USER_PORT', 3001),
  productPort: port('PRODUCT_PORT', 3002),
  orderPort: port('ORDER_PORT', 3003),
  relayPort: port('RELAY_PORT', 3004),
}

export const stackSettings = {
  ...portSettings,
  operatorsDoor: oneOf('OPERATORS_DOOR', {
    meaning: "Whether the operators' routes below /admin are public",
    choices: ['open', 'closed'],
    default: 'open',
  }),
  ...corsSettings,
  ...logSettings,
  databaseUrl: optional(databaseSettings.databaseUrl),
}

/** `databaseUrl` is the owner's. Without it the embedded database is used. */
export type StackConfig = Config<typeof stackSettings>

/** Reads the settings of npm start. Throws ConfigError with all problems, ports in use included. */
export async function readStackConfig(env: NodeJS.ProcessEnv): Promise<StackConfig> {
  const problems = await portProblems(env)
  try {
    const config = readConfig(stackSettings, env)
    if (problems.length === 0) return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems.unshift(...error.problems)
  }
  throw new ConfigError(problems)
}

export function localUrl(port: number): string {
  return `http://127.0.0.1:${port}`
}

function port(env: string, standard: number) {
  return integer(env, { meaning: 'A port on 127.0.0.1', min: 1, max: 65_535, default: standard })
}

async function portProblems(env: NodeJS.ProcessEnv): Promise<string[]> {
  const variables = new Map<number, string>()
  const problems: string[] = []
  for (const setting of Object.values(portSettings)) {
    const number = setting.parse(env[setting.env] || (setting.default ?? ''))
    if (number === undefined) continue
    const other = variables.get(number)
    if (other) problems.push(`port ${number} is used twice; change ${other} or ${setting.env}`)
    else {
      const code = await portError(number)
      if (code) problems.push(`port ${number} ${reasons[code] ?? `fails (${code})`}; change ${setting.env}`)
    }
    variables.set(number, setting.env)
  }
  return problems
}

const reasons: Record<string, string> = { EADDRINUSE: 'is in use', EACCES: 'may not be used by this user' }
