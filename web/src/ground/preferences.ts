/** What a person has chosen on this device. No token and no data of the shop is ever stored. */
export type Preferences = {
  language: 'en' | 'de'
  theme: 'system' | 'light' | 'dark'
  /** Single keys as shortcuts, which WCAG 2.1.4 asks to be able to switch off. */
  shortcuts: boolean
  timeZone: string
}

const storageKey = 'preferences'

function stored(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Preferences>
  } catch {
    // storage is switched off, or contains something else
    return {}
  }
}

const languageOfBrowser = () =>
  navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === 'en' || tag === 'de') ?? 'en'

const timeZoneOfBrowser = () => new Intl.DateTimeFormat().resolvedOptions().timeZone

function isTimeZone(name: unknown): name is string {
  try {
    return typeof name === 'string' && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

function read(): Preferences {
  const { language, theme, shortcuts, timeZone } = stored()
  return {
    language: language === 'en' || language === 'de' ? language : (languageOfBrowser() as 'en' | 'de'),
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    shortcuts: shortcuts !== false,
    timeZone: isTimeZone(timeZone) ? timeZone : timeZoneOfBrowser(),
  }
}

export const preferences: Readonly<Preferences> = read()

export const { language } = preferences

/**
 * The locale of numbers: the browser's first one. That of dates is a browser's locale in the language of the texts, so
 * that no sentence mixes two languages.
 */
export const numberLocale = navigator.languages[0] ?? language
export const dateLocale = navigator.languages.find((tag) => tag.slice(0, 2) === language) ?? language

document.documentElement.dataset.theme = preferences.theme

/** Stores what has changed, and loads the page again, so that all of it follows. */
export function setPreferences(changes: Partial<Preferences>): void {
  localStorage.setItem(storageKey, JSON.stringify({ ...stored(), ...changes }))
  location.reload()
}
