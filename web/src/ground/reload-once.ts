const storageKey = 'reloaded-at'

/** Long enough to tell a tab that is older than a deploy from a deploy that is broken. */
const onceMs = 60_000

/**
 * After a deploy, parts of the page that an older tab has not loaded yet are gone. Loads the page again then, but not
 * in a circle: if a part is still missing, the page shows an error.
 */
export function reloadOnceAfterDeploy(): void {
  addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(storageKey))
    if (Date.now() - last < onceMs) return
    sessionStorage.setItem(storageKey, String(Date.now()))
    event.preventDefault()
    location.reload()
  })
}
