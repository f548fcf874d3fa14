import { useEffect } from 'preact/hooks'
import { t } from '../texts/index.ts'

/** Names the tab, so that several of them can be told apart. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`
  }, [title])
}
