import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation, useSearch } from 'wouter-preact'
import { useShortcuts } from './parts/shortcuts.ts'
import { t } from './texts/index.ts'

/** Finds orders from every page; `/` leads here. */
export function SearchField() {
  const [, navigate] = useLocation()
  const searched = new URLSearchParams(useSearch()).get('q') ?? ''
  const [text, setText] = useState(searched)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => setText(searched), [searched])
  useShortcuts({
    '/': () => {
      field.current?.focus()
      field.current?.select()
    },
  })

  function submit(event: SubmitEvent) {
    event.preventDefault()
    const q = text.trim()
    navigate(q === '' ? '/desk/orders' : `/desk/orders?${new URLSearchParams({ q })}`)
  }

  return (
    <search>
      <form onSubmit={submit}>
        <input
          ref={field}
          type="search"
          name="q"
          aria-label={t('search.label')}
          aria-keyshortcuts="/"
          placeholder={t('search.placeholder')}
          autocomplete="off"
          spellcheck={false}
          dir="auto"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  )
}
