import {
  ConnectionError,
  newIdempotencyKey,
  type OperatorOrder,
  type RefusedOrder,
  ShopError,
} from '@shop/client'
import { useRef, useState } from 'preact/hooks'
import { formatExact } from '../../ground/times.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { messageOf } from '../parts/states.tsx'
import { useNames } from '../shop.ts'
import { rich, t } from '../texts/index.ts'
import { VerbFields } from './verb-fields.tsx'
import { aboutOf, initialValues, type Money, perform, problemsOf, type Values, type Verb } from './verbs.ts'

type ChangedOrder = Awaited<ReturnType<typeof perform>>

type Props = {
  verb: Verb
  order: OperatorOrder
  money: Money
  close: () => void
  done: (order: ChangedOrder) => void
  /** Loads the order again, and returns it unless that fails. */
  reload: () => Promise<OperatorOrder | undefined>
}

/**
 * The form of a verb. Nothing is shown as done before the answer is there. All that it sends has one key, so however
 * often it is sent, it is recorded once; and it changes the order only as the person has seen it.
 */
export function VerbDialog({ verb, order: opened, money, close, done, reload }: Props) {
  const key = useRef(newIdempotencyKey())
  // the page loads the order again while the form is open; it must not be changed as nobody has seen it here
  const [order, setOrder] = useState(opened)
  const [isOver, setOver] = useState(false)
  const [values, setValues] = useState(() => initialValues(verb, order, money))
  const [problems, setProblems] = useState<Values>({})
  const [isPending, setPending] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [meanwhile, setMeanwhile] = useState<RefusedOrder>()
  const isAllowed = order.actions.includes(verb)

  async function submit(event: SubmitEvent) {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const found = problemsOf(verb, order, values, money)
    show(found, form)
    if (Object.keys(found).length > 0) return
    setPending(true)
    setFailure(undefined)
    try {
      done(await perform({ verb, order, values, money, idempotencyKey: key.current }))
    } catch (error) {
      await explain(error, form)
    }
    setPending(false)
  }

  async function explain(error: unknown, form: HTMLFormElement) {
    if (error instanceof ConnectionError) return setFailure(t('form.unknown'))
    if (!(error instanceof ShopError)) return setFailure(messageOf(error))
    if ('order' in error && error.order) {
      setOrder((await reload()) ?? order)
      return setMeanwhile(error.order as RefusedOrder)
    }
    if (error.code === 'idempotency_key_reused') {
      await reload()
      setOver(true)
      return setFailure(t('form.reused'))
    }
    const refused = 'errors' in error ? (error.errors ?? []) : []
    show(
      Object.fromEntries(
        refused.map((each) => [
          ('pointer' in each ? String(each.pointer) : '').split('/').at(-1) ?? '',
          t('problem.invalid', { detail: each.detail }),
        ]),
      ),
      form,
    )
    setFailure(t('form.failed', { message: messageOf(error) }))
  }

  function show(found: Values, form: HTMLFormElement) {
    setProblems(found)
    const [first] = Object.keys(found)
    const field = first === undefined ? null : form.elements.namedItem(first)
    if (field instanceof HTMLElement) field.focus()
  }

  return (
    <Dialog title={`${t(`verb.${verb}`)} · ${order.number}`} close={close} isLocked={isPending}>
      <form class="stack" onSubmit={submit} noValidate>
        <p class="muted">{aboutOf(verb, order, money)}</p>
        <div role="alert">
          {meanwhile ? <Meanwhile order={meanwhile} isAllowed={isAllowed} /> : null}
          {failure ? <p class="problem">{failure}</p> : null}
        </div>
        <VerbFields
          verb={verb}
          order={order}
          values={values}
          problems={problems}
          change={(name, value) => setValues({ ...values, [name]: value })}
        />
        <div class="foot">
          <button type="button" disabled={isPending} onClick={close}>
            {t('action.cancel')}
          </button>
          <button type="submit" class="primary" disabled={isPending || isOver || !isAllowed}>
            {isPending ? t('form.pending') : t(`verb.${verb}`)}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Says what somebody else has done since the person saw the order. */
function Meanwhile({ order, isAllowed }: { order: RefusedOrder; isAllowed: boolean }) {
  const { type, at, actor } = order.lastEvent
  const names = useNames(actor?.id ? [actor.id] : [])
  const name = (actor?.id && names.get(actor.id)) || actor?.role || t('event.system')
  return (
    <div class="notice">
      <p>
        {rich('form.changed', {
          event: t(`event.${type}`),
          who: <bdi>{name}</bdi>,
          when: formatExact(at),
          status: t(`status.${order.status}`),
        })}
      </p>
      <p>{t(isAllowed ? 'form.again' : 'form.gone')}</p>
    </div>
  )
}
