import { useState } from 'preact/hooks'
import { t } from '../texts/index.ts'

/** Shows a secret the only time that it can be shown. */
export function Secret({ value, close }: { value: string; close: () => void }) {
  const [isCopied, setCopied] = useState(false)
  return (
    <div class="stack">
      <p>{t('webhooks.secretOnce')}</p>
      <label class="field">
        <span>{t('webhooks.secret')}</span>
        <input
          class="mono"
          readOnly
          value={value}
          autofocus
          onFocus={(event) => event.currentTarget.select()}
        />
      </label>
      <div class="foot">
        {/* pages that came neither over TLS nor from this machine may not write to the clipboard */}
        {navigator.clipboard ? (
          <button
            type="button"
            onClick={() => navigator.clipboard.writeText(value).then(() => setCopied(true))}
          >
            {t(isCopied ? 'action.copied' : 'action.copy')}
          </button>
        ) : null}
        <button type="button" class="primary" onClick={close}>
          {t('action.cancel')}
        </button>
      </div>
    </div>
  )
}
