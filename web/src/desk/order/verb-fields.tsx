import type { OperatorOrder } from '@shop/client'
import { t } from '../texts/index.ts'
import { type Field, fieldsOf, type Values, type Verb } from './verbs.ts'

type Props = {
  verb: Verb
  order: OperatorOrder
  values: Values
  problems: Values
  change: (name: string, value: string) => void
}

export function VerbFields({ verb, order, values, problems, change }: Props) {
  return fieldsOf(verb, order).map((field, i) => (
    <FieldOf
      key={field.name}
      field={field}
      value={values[field.name] ?? ''}
      problem={problems[field.name]}
      isFirst={i === 0}
      change={(value) => change(field.name, value)}
    />
  ))
}

type FieldProps = {
  field: Field
  value: string
  problem: string | undefined
  isFirst: boolean
  change: (value: string) => void
}

function FieldOf({ field, value, problem, isFirst, change }: FieldProps) {
  const { name, label, maxLength, isOptional = false, isLong = false, inputMode } = field
  const shared = {
    id: `field-${name}`,
    name,
    maxLength,
    required: !isOptional,
    value,
    autofocus: isFirst,
    autocomplete: 'off',
    dir: 'auto' as const,
    'aria-invalid': problem !== undefined,
    'aria-describedby': `problem-${name}`,
    onInput: (event: { currentTarget: { value: string } }) => change(event.currentTarget.value),
  }
  return (
    <div class="field">
      <label for={shared.id}>
        {label} {isOptional ? <span class="muted small">{t('field.optional')}</span> : null}
      </label>
      {isLong ? <textarea {...shared} /> : <input {...shared} {...(inputMode && { inputMode })} />}
      <p class="problem" id={shared['aria-describedby']}>
        {problem}
      </p>
    </div>
  )
}
