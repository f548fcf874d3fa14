import { useLayoutEffect } from 'preact/hooks'

type Place = { scroll: number; focus?: string }

const storageKey = 'places'

/** How far each entry of the history was scrolled, and what had the focus. */
const places = new Map<string, Place>(JSON.parse(sessionStorage.getItem(storageKey) ?? '[]'))

let current = entryOfHistory()
/** Whether the page of the current entry is there; before, it scrolls because it is short. */
let isSettled = false

history.scrollRestoration = 'manual'
addEventListener('scroll', () => isSettled && remember({ scroll: scrollY }), { passive: true })
addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && target.dataset.place) remember({ focus: target.dataset.place })
})
// a reload restores them too
addEventListener('pagehide', () =>
  sessionStorage.setItem(storageKey, JSON.stringify([...places].slice(-100))),
)

function remember(change: Partial<Place>) {
  places.set(current, { scroll: 0, ...places.get(current), ...change })
}

/** Returns the name of the current entry, which it gets here. */
function entryOfHistory(): string {
  const state = history.state as { entry?: string } | null
  if (state?.entry) return state.entry
  const entry = crypto.getRandomValues(new Uint32Array(2)).join('-')
  history.replaceState({ ...state, entry }, '')
  return entry
}

let isFirst = true

/** After a link of the page before, which is gone, the keyboard goes on at the beginning of this one. */
function focusContent() {
  if (!isFirst && document.activeElement === document.body)
    document.getElementById('content')?.focus({ preventScroll: true })
  isFirst = false
}

/**
 * Once a page `isReady`: scrolls to where it was, and focuses what had the focus, if somebody came Back to it; otherwise
 * to its beginning. `address` is that of the page.
 */
export function usePlace(isReady: boolean, address: string): void {
  useLayoutEffect(() => {
    current = entryOfHistory()
    isSettled = isReady
    if (!isReady) return
    const place = places.get(current)
    scrollTo(0, place?.scroll ?? 0)
    focusContent()
    if (place?.focus)
      document.querySelector<HTMLElement>(`[data-place="${place.focus}"]`)?.focus({ preventScroll: true })
  }, [isReady, address])
}
