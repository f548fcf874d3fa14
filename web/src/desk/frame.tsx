import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { LogOut } from './parts/log-out.tsx'
import { SearchField } from './search-field.tsx'
import { type Key, t } from './texts/index.ts'

const sections = [
  ['/desk/orders', 'nav.orders'],
  ['/desk/figures', 'nav.figures'],
  ['/desk/webhooks', 'nav.webhooks'],
  ['/desk/preferences', 'nav.preferences'],
] as const satisfies readonly (readonly [string, Key])[]

export function Frame({ children }: { children: ComponentChildren }) {
  const [location] = useLocation()
  const isOnline = useOnline()
  return (
    <>
      <a class="skip" href="#content">
        {t('app.skip')}
      </a>
      <header class="frame">
        <nav aria-label={t('app.menu')}>
          {sections.map(([path, key]) => (
            <Link key={path} href={path} aria-current={isWithin(location, path) ? 'page' : undefined}>
              {t(key)}
            </Link>
          ))}
        </nav>
        <SearchField />
        <LogOut />
      </header>
      {isOnline ? null : (
        <p class="notice" role="status">
          {t('state.offline')}
        </p>
      )}
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  )
}

const isWithin = (location: string, path: string) => location === path || location.startsWith(`${path}/`)

function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const update = () => setOnline(navigator.onLine)
    addEventListener('online', update)
    addEventListener('offline', update)
    return () => {
      removeEventListener('online', update)
      removeEventListener('offline', update)
    }
  }, [])
  return isOnline
}
