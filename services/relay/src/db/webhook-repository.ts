import { toArrayLiteral } from '@shop/service/database/array-literal'
import type { Database, TextQueryable, TextRow } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import { ConflictError, NotFoundError } from '@shop/service/errors'
import { v7 as uuidv7 } from 'uuid'
import type { Sealed } from '../webhooks/secret-box.ts'
import type { NewWebhook, Webhook, WebhookChange } from '../webhooks/webhook.ts'

export type WebhookRepository = ReturnType<typeof createWebhookRepository>

/** Each has connections and a window of its own in one process. */
const maxWebhooks = 100

/** How long the secret before a rotation stays valid, in hours. */
const secretOverlapHours = 24

export function createWebhookRepository(db: Database) {
  return {
    /** Returns all webhooks, newest first. */
    async listWebhooks(): Promise<Webhook[]> {
      const rows = await db.queryTexts({ ...selectWebhooks, values: [] })
      return rows.map(toWebhook)
    },

    /** Throws NotFoundError. */
    async findWebhook(id: string): Promise<Webhook> {
      const [row] = await db.queryTexts({ ...selectWebhook, values: [id] })
      if (!row) throw new NotFoundError('webhook')
      return toWebhook(row)
    },

    /**
     * Stores a webhook that gets all events from now on. `seal` encrypts its secret for the id. Throws ConflictError
     * `too_many_webhooks`.
     */
    async createWebhook(webhook: NewWebhook, seal: (id: string) => Sealed): Promise<Webhook> {
      const { url, types, ordered = false, description = '' } = webhook
      const id = uuidv7()
      const values = [
        id,
        url,
        types ? toArrayLiteral(types) : null,
        ordered ? 1 : 0,
        description,
        maxWebhooks,
      ]
      return db.transaction(async (tx) => {
        const [row] = await tx.queryTexts({ ...insertWebhook, values })
        if (!row)
          throw new ConflictError(
            'too_many_webhooks',
            `There are ${maxWebhooks} webhooks, which is the maximum.`,
          )
        await storeSecret(tx, id, seal(id))
        return toWebhook(row)
      })
    },

    /** Changes the given members and returns the webhook. Throws NotFoundError. */
    async changeWebhook(id: string, change: WebhookChange): Promise<Webhook> {
      const { url, types, ordered, description, enabled } = change
      const values = [
        id,
        url ?? null,
        types === undefined ? 0 : 1,
        types ? toArrayLiteral(types) : null,
        ordered === undefined ? null : String(ordered),
        description ?? null,
        enabled === undefined ? null : String(enabled),
      ]
      const [row] = await db.queryTexts({ ...updateWebhook, values })
      if (!row) throw new NotFoundError('webhook')
      return toWebhook(row)
    },

    /** Throws NotFoundError. */
    async deleteWebhook(id: string): Promise<void> {
      const rows = await db.queryTexts({ ...deleteWebhook, values: [id] })
      if (rows.length === 0) throw new NotFoundError('webhook')
    },

    /** Adds a secret; the one before stays valid for 24 hours, older ones do not. Throws NotFoundError. */
    async rotateSecret(id: string, sealed: Sealed): Promise<Webhook> {
      return db.transaction(async (tx) => {
        // locks the webhook, so that two rotations do not leave three secrets
        const [row] = await tx.queryTexts({ ...touchWebhook, values: [id] })
        if (!row) throw new NotFoundError('webhook')
        await tx.queryTexts({ ...deleteEarlierSecrets, values: [id] })
        await tx.queryTexts({ ...expireSecret, values: [id, secretOverlapHours] })
        await storeSecret(tx, id, sealed)
        return toWebhook(row)
      })
    },

    /** Returns the secrets that are valid now, newest first. */
    async findSecrets(id: string): Promise<Sealed[]> {
      const rows = await db.queryTexts({ ...selectSecrets, values: [id] })
      return rows.map(([keyId, box]) => ({ keyId: keyId as string, box: Buffer.from(box as string, 'hex') }))
    },
  }
}

async function storeSecret(db: TextQueryable, webhookId: string, { keyId, box }: Sealed): Promise<void> {
  await db.queryTexts({ ...insertSecret, values: [uuidv7(), webhookId, keyId, box.toString('hex')] })
}

const columns = `id, url, types, ordered, description, disabled_reason, paused_until, created_at, updated_at,
  greatest(coalesce((SELECT position FROM feed ORDER BY position DESC LIMIT 1), 0) - cursor, 0)`

const selectWebhooks = {
  name: 'select-webhooks',
  text: `SELECT ${columns} FROM webhooks ORDER BY created_at DESC, id DESC`,
}

const selectWebhook = { name: 'select-webhook', text: `SELECT ${columns} FROM webhooks WHERE id = $1` }

const insertWebhook = {
  name: 'insert-webhook',
  text: `
    INSERT INTO webhooks (id, url, types, ordered, description, cursor, created_at, updated_at)
    SELECT $1, $2, $3, $4::int = 1, $5, coalesce((SELECT position FROM feed ORDER BY position DESC LIMIT 1), 0), now(), now()
    WHERE (SELECT count(*) FROM webhooks) < $6
    RETURNING ${columns}`,
}

/** Null leaves a column unchanged. What enables a webhook ends its pause too. */
const updateWebhook = {
  name: 'update-webhook',
  text: `
    UPDATE webhooks SET
      url = coalesce($2, url),
      types = CASE WHEN $3::int = 1 THEN $4::text[] ELSE types END,
      ordered = coalesce($5::boolean, ordered),
      description = coalesce($6, description),
      disabled_reason = CASE $7::boolean
        WHEN true THEN NULL
        WHEN false THEN coalesce(disabled_reason, 'operator')
        ELSE disabled_reason
      END,
      paused_until = CASE WHEN $7::boolean THEN NULL ELSE paused_until END,
      updated_at = clock_timestamp()
    WHERE id = $1 RETURNING ${columns}`,
}

const touchWebhook = {
  name: 'touch-webhook',
  text: `UPDATE webhooks SET updated_at = clock_timestamp() WHERE id = $1 RETURNING ${columns}`,
}

const deleteWebhook = { name: 'delete-webhook', text: 'DELETE FROM webhooks WHERE id = $1 RETURNING id' }

const insertSecret = {
  name: 'insert-webhook-secret',
  text: `
    INSERT INTO webhook_secrets (id, webhook_id, key_id, box, created_at)
    VALUES ($1, $2, $3, decode($4, 'hex'), clock_timestamp())`,
}

const deleteEarlierSecrets = {
  name: 'delete-earlier-webhook-secrets',
  text: 'DELETE FROM webhook_secrets WHERE webhook_id = $1 AND expires_at IS NOT NULL',
}

const expireSecret = {
  name: 'expire-webhook-secret',
  text: `
    UPDATE webhook_secrets SET expires_at = clock_timestamp() + $2 * interval '1 hour'
    WHERE webhook_id = $1 AND expires_at IS NULL`,
}

const selectSecrets = {
  name: 'select-webhook-secrets',
  text: `
    SELECT key_id, encode(box, 'hex') FROM webhook_secrets
    WHERE webhook_id = $1 AND (expires_at IS NULL OR expires_at > now())
    ORDER BY created_at DESC, id DESC`,
}

/** Returns the types in PostgreSQL's text of an array; no type needs quotes in it. */
export const toTypes = (array: string | null): string[] | null =>
  array === null ? null : array.slice(1, -1).split(',')

function toWebhook(row: TextRow): Webhook {
  const [id, url, types, ordered, description, reason, pausedUntil, createdAt, updatedAt, behind] = row
  return {
    id: id as string,
    url: url as string,
    types: toTypes(types ?? null),
    ordered: ordered === 't',
    description: description as string,
    enabled: reason === null,
    disabledReason: (reason ?? null) as Webhook['disabledReason'],
    behind: Number(behind),
    pausedUntil: pausedUntil == null ? null : toTimestamp(pausedUntil),
    createdAt: toTimestamp(createdAt as string),
    updatedAt: toTimestamp(updatedAt as string),
  }
}
