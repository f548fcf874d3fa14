import assert from 'node:assert/strict'
import type { Database } from '@shop/service/database/database'

/** Shifts the times of all sessions, as if that many seconds had passed. */
export async function pass(owner: Database, seconds: number): Promise<void> {
  await owner.query({
    text: `UPDATE sessions SET
        created_at = created_at - make_interval(secs => $1::int),
        expires_at = expires_at - make_interval(secs => $1::int),
        ends_at = ends_at - make_interval(secs => $1::int),
        recent = (
          SELECT coalesce(jsonb_agg(element || jsonb_build_object('at', (element ->> 'at')::numeric - $1::int) ORDER BY position), '[]')
          FROM jsonb_array_elements(recent) WITH ORDINALITY AS elements (element, position)
        )`,
    values: [seconds],
  })
}

/** Returns the claims of the access token in an answer. */
export function claimsOf(answer: { json(): { accessToken: string } }): Record<string, unknown> {
  const [, payload] = answer.json().accessToken.split('.')
  assert.ok(payload)
  return JSON.parse(Buffer.from(payload, 'base64url').toString())
}
