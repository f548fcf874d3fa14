import { preferences, setPreferences } from '../ground/preferences.ts'
import { LogOut } from './parts/log-out.tsx'
import { usePlace } from './parts/places.ts'
import { useTitle } from './parts/title.ts'
import { t } from './texts/index.ts'

const keys = [
  ['/', 'preferences.key.search'],
  ['j', 'preferences.key.next'],
  ['k', 'preferences.key.previous'],
  ['Enter', 'preferences.key.open'],
  ['x', 'preferences.key.select'],
] as const

export function PreferencesPage() {
  useTitle(t('preferences.title'))
  usePlace(true, 'preferences')
  return (
    <div class="narrow stack">
      <h1>{t('preferences.title')}</h1>
      <Choice
        name={t('preferences.language')}
        value={preferences.language}
        options={[
          ['en', 'English'],
          ['de', 'Deutsch'],
        ]}
        choose={(language) => setPreferences({ language })}
      />
      <Choice
        name={t('preferences.theme')}
        value={preferences.theme}
        options={[
          ['system', t('preferences.system')],
          ['light', t('preferences.light')],
          ['dark', t('preferences.dark')],
        ]}
        choose={(theme) => setPreferences({ theme })}
      />
      <Choice
        name={t('preferences.zone')}
        value={preferences.timeZone}
        options={zones().map((zone) => [zone, zone])}
        choose={(timeZone) => setPreferences({ timeZone })}
      />
      <Choice
        name={t('preferences.shortcuts')}
        value={preferences.shortcuts ? 'on' : 'off'}
        options={[
          ['on', t('preferences.on')],
          ['off', t('preferences.off')],
        ]}
        choose={(value) => setPreferences({ shortcuts: value === 'on' })}
      />
      <section>
        <h2>{t('preferences.keys')}</h2>
        <dl class="keys">
          {keys.map(([key, name]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{t(name)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <p class="muted small">{t('preferences.device')}</p>
      <LogOut />
    </div>
  )
}

function zones(): string[] {
  return [...new Set([preferences.timeZone, 'UTC', ...Intl.supportedValuesOf('timeZone')])].sort()
}

type ChoiceProps<Value extends string> = {
  name: string
  value: Value
  options: (readonly [Value, string])[]
  choose: (value: Value) => void
}

function Choice<Value extends string>({ name, value, options, choose }: ChoiceProps<Value>) {
  return (
    <label class="field">
      <span>{name}</span>
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value as Value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}
