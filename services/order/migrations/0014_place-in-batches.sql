-- Up Migration
-- The row of a key is its lock: it is written before the work, and an order's answer is read from the order. The columns
-- of a whole answer are of changes, and of orders placed by the version before.
ALTER TABLE idempotency_keys
  ADD COLUMN order_id uuid,
  ALTER COLUMN status DROP NOT NULL,
  ALTER COLUMN body DROP NOT NULL,
  ALTER COLUMN location DROP NOT NULL,
  ADD CONSTRAINT idempotency_keys_answer_check CHECK (order_id IS NOT NULL OR body IS NOT NULL);

-- A key is not taken over before it expires. The service never does; the version before does, at the end of an order that
-- it places while this one places the same: then its own order is refused.
CREATE FUNCTION guard_taken_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a key of user % is taken', OLD.user_id
    USING ERRCODE = 'unique_violation', CONSTRAINT = 'idempotency_keys_taken';
END
$$;
CREATE TRIGGER review_taken_key BEFORE UPDATE ON idempotency_keys FOR EACH ROW
  WHEN (OLD.expires_at > now() AND NEW.body IS NOT NULL AND NEW.expires_at <> OLD.expires_at) EXECUTE FUNCTION guard_taken_key();

-- The users of a batch who have an account here: the foreign key would refuse all orders of the batch for one who has not.
-- As the owner: the order service may not read users.
CREATE FUNCTION known_users(ids uuid[]) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT id FROM public.users WHERE id = ANY (ids)
$$;
REVOKE EXECUTE ON FUNCTION known_users(uuid[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION erase_stored_answers(order_ids uuid[], owner_id uuid) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
  -- an answer belongs to whoever placed or changed the order, and the history says who that was
  UPDATE public.idempotency_keys SET body = public.without_personal_data(body::jsonb)::text
  WHERE user_id IN (
      SELECT (actor->>'id')::uuid FROM public.order_events WHERE order_id = ANY (order_ids) AND user_id = owner_id
    )
    AND body IS NOT NULL
    AND (order_id = ANY (order_ids) OR location IN (SELECT '/orders/' || id FROM unnest(order_ids) AS id))
$$;

-- The event of a new address also has the one before.
CREATE OR REPLACE FUNCTION without_personal_data(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT value - 'note' - 'reason'
    || CASE WHEN value ? 'metadata' THEN '{"metadata": null}'::jsonb ELSE '{}' END
    || CASE
      WHEN value ? 'shippingAddress'
      THEN jsonb_build_object('shippingAddress', public.address_without_personal_data(value->'shippingAddress'))
      ELSE '{}'
    END
    || CASE
      WHEN value ? 'previousAddress'
      THEN jsonb_build_object('previousAddress', public.address_without_personal_data(value->'previousAddress'))
      ELSE '{}'
    END
$$;

-- Down Migration
-- The keys of orders placed since then are lost: a request that is repeated with one of them places a second order.
DROP TRIGGER review_taken_key ON idempotency_keys;
DROP FUNCTION guard_taken_key();
DROP FUNCTION known_users(uuid[]);
DELETE FROM idempotency_keys WHERE body IS NULL;
ALTER TABLE idempotency_keys
  DROP COLUMN order_id,
  ALTER COLUMN status SET NOT NULL,
  ALTER COLUMN body SET NOT NULL,
  ALTER COLUMN location SET NOT NULL;

CREATE OR REPLACE FUNCTION erase_stored_answers(order_ids uuid[], owner_id uuid) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
  UPDATE public.idempotency_keys SET body = public.without_personal_data(body::jsonb)::text
  WHERE user_id IN (
      SELECT (actor->>'id')::uuid FROM public.order_events WHERE order_id = ANY (order_ids) AND user_id = owner_id
    )
    AND location IN (SELECT '/orders/' || id FROM unnest(order_ids) AS id)
$$;
