import { language } from '../../ground/preferences.ts'
import { createTexts, type Text } from '../../ground/texts.tsx'
import { en } from './en.ts'

export type Key = keyof typeof en

const catalogue: Readonly<Record<Key, Text>> = language === 'de' ? (await import('./de.ts')).de : en

export const { t, rich } = createTexts(catalogue)
