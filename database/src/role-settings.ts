import { ConfigError, readConfig, type Setting, text } from '@shop/service/config'
import {
  defaultRoleName,
  forEachService,
  type Roles,
  type Service,
  type ServiceName,
  services,
} from './services.ts'

/** Keyed by the name of the environment variable. */
type RoleSettings = Record<string, Setting<string>>

const nameVariable = ({ name }: Service) => `${name.toUpperCase()}_SERVICE_DB_ROLE`
const passwordVariable = ({ name }: Service) => `${name.toUpperCase()}_SERVICE_DB_PASSWORD`

const nameSettings = settingsBy(nameVariable, (service) => ({
  env: nameVariable(service),
  meaning: `The database role of the ${service.name} service`,
  default: defaultRoleName(service),
  expected: 'a role name: at most 63 letters, digits, _ or -, starting with a letter or _, not with pg_',
  parse: (raw) => (/^(?!pg_)[a-z_][\w-]{0,62}$/i.test(raw) ? raw : undefined),
}))

/** Returns the settings for the names of all roles, and for the passwords of the named services' roles. */
export const roleSettingsOf = (named: readonly Service[]): RoleSettings => ({
  ...nameSettings,
  ...settingsBy(
    passwordVariable,
    (service) =>
      text(passwordVariable(service), {
        meaning: `The password of the ${service.name} service's database role`,
        secret: true,
      }),
    named,
  ),
})

/**
 * Returns the roles from a configuration read with roleSettingsOf; those of services that were not named have no
 * password. Throws ConfigError if two have the same name.
 */
export function rolesFrom(config: Record<string, unknown>): Roles {
  refuseSameNames(config)
  return forEachService((service) => ({
    name: config[nameVariable(service)] as string,
    password: config[passwordVariable(service)] as string,
  }))
}

/** Returns the names of the services' roles. Throws ConfigError. */
export function readRoleNames(env: NodeJS.ProcessEnv): Record<ServiceName, string> {
  const config = readConfig(nameSettings, env)
  refuseSameNames(config)
  return forEachService((service) => config[nameVariable(service)] as string)
}

/** Returns the passwords that are set in the environment. */
export function givenPasswords(env: NodeJS.ProcessEnv): Partial<Record<ServiceName, string>> {
  const given = services.map((service) => [service.name, env[passwordVariable(service)]])
  return Object.fromEntries(given.filter(([, password]) => password))
}

function refuseSameNames(config: Record<string, unknown>) {
  const names = services.map((service) => config[nameVariable(service)])
  if (new Set(names).size === names.length) return
  throw new ConfigError([`${services.map(nameVariable).join(', ')} must name different roles`])
}

function settingsBy(
  variable: (service: Service) => string,
  setting: (service: Service) => Setting<string>,
  of: readonly Service[] = services,
) {
  return Object.fromEntries(of.map((service) => [variable(service), setting(service)])) as RoleSettings
}
