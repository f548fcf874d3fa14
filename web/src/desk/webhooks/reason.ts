import { t } from '../texts/index.ts'

const known = [
  'status',
  'address_refused',
  'name_not_resolved',
  'connection_failed',
  'connection_closed',
  'tls_failed',
  'timed_out',
  'invalid_answer',
  'event_expired',
] as const

/** Says why a message was not delivered. Reasons that the API gets later are shown as they are. */
export function reasonOf({ reason, status }: { reason: string | null; status: number | null }): string {
  const name = known.find((each) => each === reason)
  return [name ? t(`reason.${name}`) : reason, status].filter((part) => part !== null).join(' ')
}
