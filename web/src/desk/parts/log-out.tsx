import { useState } from 'preact/hooks'
import { session, useSessionState } from '../shop.ts'
import { t } from '../texts/index.ts'
import { messageOf } from './states.tsx'

export function LogOut() {
  const state = useSessionState()
  const [problem, setProblem] = useState<string>()
  return (
    <div class="log-out">
      <button
        type="button"
        class="quiet"
        disabled={state !== 'in'}
        onClick={() => session.logOut().catch((error) => setProblem(messageOf(error)))}
      >
        {t('action.logOut')}
      </button>
      <span class="problem" role="alert">
        {problem}
      </span>
    </div>
  )
}
