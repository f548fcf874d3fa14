import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../texts/index.ts'

type Props = {
  title: string
  close: () => void
  /** Whether it must stay open, because something is being sent. */
  isLocked?: boolean
  children: ComponentChildren
}

export function Dialog({ title, close, isLocked = false, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    // gives the focus back to where it was
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event: Event) => {
        event.preventDefault()
        if (!isLocked) close()
      }}
      // a browser closes it at a second Escape, whatever happened to the first
      onClose={() => {
        if (!dialog.current) return
        if (isLocked) dialog.current.showModal()
        else close()
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          class="quiet"
          disabled={isLocked}
          aria-label={t('action.cancel')}
          onClick={close}
        >
          <span aria-hidden="true">×</span>
        </button>
      </div>
      {children}
    </dialog>
  )
}
