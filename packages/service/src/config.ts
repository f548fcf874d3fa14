/** One environment variable: what it means, its default, and how its text becomes a value. */
export type Setting<Value> = {
  env: string
  meaning: string
  /**
   * As it would be written in the environment. A setting with neither a default nor `optional` is required.
   */
  default?: string
  optional?: true
  /** A secret's value never appears in a message. */
  secret?: boolean
  expected: string
  /** Returns undefined when the text is not valid. */
  parse(text: string): Value | undefined
}

export type Settings = Record<string, Setting<unknown>>

export type OptionalSetting<Value> = Setting<Value> & { optional: true }

/** The object that `settings` are read into: `type AuthConfig = Config<typeof authSettings>`. */
export type Config<S extends Settings> = {
  [Key in keyof S as S[Key] extends OptionalSetting<unknown> ? never : Key]: ValueOf<S[Key]>
} & {
  [Key in keyof S as S[Key] extends OptionalSetting<unknown> ? Key : never]?: ValueOf<S[Key]> | undefined
}

type ValueOf<S> = S extends Setting<infer Value> ? Value : never

/** Lists all problems with the environment, one per line, each starting with the variable's name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: string[]

  constructor(problems: string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/**
 * Reads `settings` from `env` into a typed object. An empty variable counts as unset. Throws ConfigError with
 * all problems.
 */
export function readConfig<S extends Settings>(
  settings: S,
  env: Record<string, string | undefined>,
): Config<S> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries(settings)) {
    const raw = env[setting.env] || setting.default
    if (raw === undefined) {
      if (!setting.optional)
        problems.push(`${setting.env} is required: ${setting.meaning} (${setting.expected})`)
      continue
    }
    const value = setting.parse(raw)
    if (value !== undefined) values[key] = value
    else
      problems.push(
        `${setting.env} must be ${setting.expected}${setting.secret ? '' : `, not ${JSON.stringify(raw)}`}`,
      )
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return values as Config<S>
}

/**
 * Returns the setting as an optional one: when its variable is unset, the configuration has no such member.
 */
export function optional<Value>(setting: Setting<Value>): OptionalSetting<Value> {
  return { ...setting, optional: true }
}

/** One or several values of a setting, separated by commas; spaces around them do not count. */
export function list<Value>(setting: Setting<Value>): Setting<[Value, ...Value[]]> {
  return {
    ...setting,
    expected: `${setting.expected}; several are separated by commas`,
    parse(raw) {
      const values = raw.split(',').map((part) => setting.parse(part.trim()))
      return values.includes(undefined) ? undefined : (values as [Value, ...Value[]])
    },
  }
}

export function integer(
  env: string,
  options: { meaning: string; min: number; max: number; default?: number },
): Setting<number> {
  const { meaning, min, max, default: fallback } = options
  return {
    env,
    meaning,
    ...(fallback !== undefined && { default: String(fallback) }),
    expected: `a whole number from ${min} to ${max}`,
    parse(raw) {
      const value = Number(raw)
      return /^\d+$/.test(raw) && value >= min && value <= max ? value : undefined
    },
  }
}

export function text(
  env: string,
  options: { meaning: string; default?: string; minLength?: number; secret?: true },
): Setting<string> {
  const { minLength = 1, ...rest } = options
  return {
    env,
    ...rest,
    expected: minLength > 1 ? `text of at least ${minLength} characters` : 'text',
    parse: (raw) => (raw.length >= minLength ? raw : undefined),
  }
}

export function oneOf<const Choice extends string>(
  env: string,
  options: { meaning: string; choices: readonly Choice[]; default?: Choice },
): Setting<Choice> {
  const { choices, ...rest } = options
  return {
    env,
    ...rest,
    expected: `one of ${choices.join(', ')}`,
    parse: (raw) => choices.find((choice) => choice === raw),
  }
}

export function boolean(env: string, options: { meaning: string; default: boolean }): Setting<boolean> {
  const { meaning, default: fallback } = options
  return {
    env,
    meaning,
    default: String(fallback),
    expected: 'true or false',
    parse: (raw) => (raw === 'true' || raw === 'false' ? raw === 'true' : undefined),
  }
}

/** An absolute URL whose scheme is one of `protocols`, e.g. `['http:', 'https:']`. */
export function url(
  env: string,
  options: { meaning: string; protocols: readonly string[]; default?: string; secret?: true },
): Setting<string> {
  const { protocols, ...rest } = options
  return {
    env,
    ...rest,
    expected: `a URL starting with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    parse(raw) {
      const absolute = withLoginInParameters(raw)
      return URL.canParse(absolute) && protocols.includes(new URL(absolute).protocol) ? absolute : undefined
    },
  }
}

/**
 * Moves user and password into parameters, which pg also reads: URL refuses a user without a host, as in
 * PostgreSQL's postgres://user:password@/database?host=/run/postgresql.
 */
function withLoginInParameters(text: string): string {
  const [, scheme, login = '', rest = ''] = /^(postgres(?:ql)?:\/\/)([^/?#@]*)@(\/.*)$/.exec(text) ?? []
  if (!scheme || !URL.canParse(`${scheme}${login}@host${rest}`)) return text
  const { username, password } = new URL(`${scheme}${login}@host${rest}`)
  const url = new URL(scheme + rest)
  for (const [name, value] of Object.entries({ user: username, password }))
    if (value && !url.searchParams.has(name)) url.searchParams.set(name, decodeURIComponent(value))
  return url.href
}
