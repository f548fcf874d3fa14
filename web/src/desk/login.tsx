import { useEffect, useRef, useState } from 'preact/hooks'
import { queries, session, useSessionState } from './shop.ts'
import { t } from './texts/index.ts'

/** Opens over whatever is there, while nobody is logged in. What waits for a token goes on afterwards. */
export function Login() {
  const state = useSessionState()
  const isOpen = state === 'out' || state === 'forbidden'
  const hasBeenIn = useRef(false)
  useEffect(() => {
    if (state === 'in') hasBeenIn.current = true
  }, [state])
  return isOpen ? <LoginDialog isAgain={hasBeenIn.current} isForbidden={state === 'forbidden'} /> : null
}

function LoginDialog({ isAgain, isForbidden }: { isAgain: boolean; isForbidden: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [problem, setProblem] = useState<'wrong' | 'limited' | 'failed'>()
  const [isPending, setPending] = useState(false)

  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    // gives the focus back to where it was
    return () => element?.close()
  }, [])

  async function submit(event: SubmitEvent) {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    setPending(true)
    setProblem(await session.logIn(String(data.get('email')), String(data.get('password'))))
    setPending(false)
    // queries that failed meanwhile
    if (session.state() === 'in')
      void queries.refetchQueries({ predicate: ({ state }) => state.error !== null })
  }

  const message = problem ? t(`login.${problem}`) : isForbidden ? t('login.forbidden') : undefined
  return (
    <dialog
      ref={dialog}
      class={isAgain ? 'dialog login' : 'dialog login first'}
      aria-labelledby="login-title"
      // Escape does not help: nothing can be loaded without a session
      onCancel={(event: Event) => event.preventDefault()}
      onClose={() => dialog.current?.showModal()}
    >
      <form class="stack" onSubmit={submit}>
        <h1 id="login-title">{t('login.title')}</h1>
        {isAgain ? <p>{t('login.again')}</p> : null}
        <label class="field">
          <span>{t('login.email')}</span>
          <input name="email" type="email" autocomplete="username" required autofocus />
        </label>
        <label class="field">
          <span>{t('login.password')}</span>
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <p class="problem" role="alert">
          {message}
        </p>
        <button type="submit" class="primary" disabled={isPending}>
          {t('login.submit')}
        </button>
      </form>
    </dialog>
  )
}
