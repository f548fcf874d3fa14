import type { ComponentChild } from 'preact'
import { dateLocale, language } from './preferences.ts'

/** A text with `{name}` in the place of values. With plural forms, `n` chooses one of them. */
export type Text = string | { one: string; other: string }

export type Catalogue = Readonly<Record<string, Text>>

type Values<Value> = Record<string, Value>

const plurals = new Intl.PluralRules(language)
const integers = new Intl.NumberFormat(dateLocale)

/**
 * Returns what shows the texts of a catalogue: `t` as text; `rich` with elements among it, such as names in <bdi>.
 */
export function createTexts<Texts extends Catalogue>(texts: Texts) {
  function parts<Value>(key: keyof Texts, values: Values<Value | string | number>) {
    const found: Text = texts[key] as Text
    const form =
      typeof found === 'string' ? found : found[plurals.select(Number(values.n)) as 'one' | 'other']
    const pieces = (form ?? (found as { other: string }).other).split(/\{(\w+)\}/)
    return pieces.map((piece, i) => {
      if (i % 2 === 0) return piece
      const value = values[piece]
      return typeof value === 'number' ? integers.format(value) : value
    })
  }

  return {
    t: (key: keyof Texts, values: Values<string | number> = {}): string => parts(key, values).join(''),
    rich: (key: keyof Texts, values: Values<ComponentChild>): ComponentChild[] => parts(key, values),
  }
}
