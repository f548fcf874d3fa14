import { useEffect } from 'preact/hooks'
import { preferences } from '../../ground/preferences.ts'

/** Calls `keys[key]` when that key is pressed alone, outside of fields and dialogs. */
export function useShortcuts(keys: Record<string, () => void>): void {
  useEffect(() => {
    if (!preferences.shortcuts) return
    function onKeyDown(event: KeyboardEvent) {
      const { target, key } = event
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (
        !(target instanceof Element) ||
        target.closest('input:not([type="checkbox"]), select, textarea, dialog')
      )
        return
      const action = keys[key]
      if (!action) return
      event.preventDefault()
      action()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  })
}
