import { useState } from 'preact/hooks'
import { numberLocale, preferences } from '../../ground/preferences.ts'
import { messageOf } from '../parts/states.tsx'
import { operator } from '../shop.ts'
import { t } from '../texts/index.ts'
import { type Filters, listQuery } from './filters.ts'

const formats = ['excel', 'csv', 'ndjson'] as const

/** Downloads what is filtered, from an address that works once. */
export function ExportMenu({ filters }: { filters: Filters }) {
  const [problem, setProblem] = useState<string>()
  const [isPending, setPending] = useState(false)
  const isPossible = filters.q === undefined && !filters.late

  async function start(format: (typeof formats)[number]) {
    setPending(true)
    setProblem(undefined)
    try {
      location.assign(await exportAddress(filters, format))
    } catch (error) {
      setProblem(messageOf(error))
    }
    setPending(false)
  }

  return (
    <details class="menu export">
      <summary class="button">{t('orders.export')}</summary>
      <div class="panel stack">
        {isPossible ? (
          <div class="row" role="group" aria-label={t('orders.exportFormat')}>
            {formats.map((format) => (
              <button key={format} type="button" disabled={isPending} onClick={() => start(format)}>
                {t(`orders.${format}`)}
              </button>
            ))}
          </div>
        ) : (
          <p>{t('orders.exportNot')}</p>
        )}
        <p class="problem" role="alert">
          {problem}
        </p>
      </div>
    </details>
  )
}

async function exportAddress(filters: Filters, format: (typeof formats)[number]): Promise<string> {
  const query = listQuery(filters, { timeZone: preferences.timeZone, now: Date.now() })
  const { status, email, productId, createdFrom, createdTo } = query
  let { userId } = query
  if (email !== undefined) {
    const [user] = await operator.users.find({ email })
    if (!user) throw new Error(t('orders.empty'))
    userId = user.id
  }
  const link = await operator.orders.exportLink({
    format,
    ...(format === 'excel' && { locale: numberLocale }),
    filters: {
      ...(status !== undefined && { status: status.split(',') as NonNullable<Filters['status']> }),
      ...(userId !== undefined && { userId }),
      ...(productId !== undefined && { productId }),
      ...(createdFrom !== undefined && { createdFrom }),
      ...(createdTo !== undefined && { createdTo }),
    },
  })
  return link.url
}
