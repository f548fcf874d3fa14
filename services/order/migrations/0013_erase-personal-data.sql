-- Up Migration
-- The operators' requests to erase a user's personal data. They hold ids and times only, and stay as the record of who
-- asked for what.
CREATE TABLE erasures (
  -- without a foreign key: the account may be gone
  user_id uuid PRIMARY KEY,
  -- covers the orders that were placed until then
  requested_at timestamptz NOT NULL,
  -- id and role of the operator, nothing personal
  requested_by jsonb NOT NULL,
  -- how many times an order was erased, for all requests about this user
  erased_orders bigint NOT NULL DEFAULT 0,
  -- when to look again for orders that have closed
  due_at timestamptz NOT NULL,
  -- NULL while the user has open orders, or closed ones that have not been reached
  completed_at timestamptz
);

-- Serves the background job: the requests that are due are at the front.
CREATE INDEX erasures_due_at_idx ON erasures (due_at) WHERE completed_at IS NULL;

-- Returns what is left of an address: enough for statistics and taxes, too little to find anyone.
CREATE FUNCTION address_without_personal_data(address jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE jsonb_typeof(address)
    WHEN 'object' THEN
      jsonb_strip_nulls(jsonb_build_object('country', address->'country', 'postalCode', address->'postalCode'))
    ELSE address
  END
$$;

-- Returns the data of an event, or an order as it was answered, without what people have written into it.
CREATE FUNCTION without_personal_data(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT value - 'note' - 'reason'
    || CASE WHEN value ? 'metadata' THEN '{"metadata": null}'::jsonb ELSE '{}' END
    || CASE
      WHEN value ? 'shippingAddress'
      THEN jsonb_build_object('shippingAddress', public.address_without_personal_data(value->'shippingAddress'))
      ELSE '{}'
    END
$$;

-- Stored answers need no look: each shows the address and metadata that its order or an event has.
CREATE FUNCTION holds_personal_data(held orders) RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT held.metadata IS NOT NULL
    OR held.shipping_address <> public.address_without_personal_data(held.shipping_address)
    OR EXISTS (
      SELECT FROM public.order_events
      WHERE order_id = held.id AND user_id = held.user_id AND data <> public.without_personal_data(data)
    )
$$;

-- Erases personal data from the answers that repeated requests about these orders of one user would get.
CREATE FUNCTION erase_stored_answers(order_ids uuid[], owner_id uuid) RETURNS void LANGUAGE sql SET search_path = '' AS $$
  -- an answer belongs to whoever placed or changed the order, and the history says who that was
  UPDATE public.idempotency_keys SET body = public.without_personal_data(body::jsonb)::text
  WHERE user_id IN (
      SELECT (actor->>'id')::uuid FROM public.order_events WHERE order_id = ANY (order_ids) AND user_id = owner_id
    )
    AND location IN (SELECT '/orders/' || id FROM unnest(order_ids) AS id)
$$;

-- Visits at most max_orders of the orders that the user's open request covers, newest first, from after the given
-- position (NULL: from the start), and erases the personal data of those that are closed. Returns how many it erased,
-- how many are still open, and the position to go on from, NULL at the end.
--
-- As the owner: the service's role can neither change events nor erase without a request that says who asked.
CREATE FUNCTION erase_orders(
  erased_user uuid, after_created_at timestamptz, after_id uuid, max_orders integer,
  OUT erased integer, OUT waiting integer, OUT next_created_at timestamptz, OUT next_id uuid
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  closed CONSTANT text[] := '{delivered,cancelled,refunded}';
  request record;
  held uuid[];
  reopened integer;
  scrubbed uuid[];
BEGIN
  erased := 0;
  waiting := 0;
  SELECT requested_at, requested_by INTO request FROM public.erasures
  WHERE user_id = erased_user AND completed_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;

  SELECT array_agg(id) FILTER (WHERE status = ANY (closed) AND holds),
    count(*) FILTER (WHERE status <> ALL (closed)),
    (array_agg(created_at ORDER BY created_at DESC, id DESC))[max_orders],
    (array_agg(id ORDER BY created_at DESC, id DESC))[max_orders]
  INTO held, waiting, next_created_at, next_id
  FROM (
    SELECT id, status, created_at, status = ANY (closed) AND public.holds_personal_data(orders) AS holds
    FROM public.orders
    WHERE user_id = erased_user
      AND (created_at, id) < (
        coalesce(after_created_at, request.requested_at),
        coalesce(after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )
    ORDER BY created_at DESC, id DESC LIMIT max_orders
  ) AS visited;
  IF held IS NULL THEN RETURN; END IF;

  -- Before the next statement, which then sees everything that a change of these orders has written meanwhile.
  SELECT count(*) FILTER (WHERE status <> ALL (closed)) INTO reopened
  FROM (
    SELECT status FROM public.orders WHERE id = ANY (held) AND user_id = erased_user ORDER BY id FOR UPDATE
  ) AS locked;
  waiting := waiting + reopened;

  WITH changed AS (
    UPDATE public.orders
    SET shipping_address = public.address_without_personal_data(shipping_address), metadata = NULL,
      version = version + 1,
      updated_at = greatest(clock_timestamp(), updated_at + interval '1 microsecond')
    WHERE id = ANY (held) AND user_id = erased_user AND status = ANY (closed)
      AND public.holds_personal_data(orders)
    RETURNING id, user_id, version, status, updated_at
  ), event AS (
    INSERT INTO public.order_events (id, user_id, order_id, version, type, status, actor, at)
    SELECT public.uuid_v7(updated_at), user_id, id, version, 'erased', status, request.requested_by, updated_at
    FROM changed
  )
  SELECT array_agg(id), count(*) INTO scrubbed, erased FROM changed;

  UPDATE public.order_events SET data = public.without_personal_data(data)
  WHERE order_id = ANY (scrubbed) AND user_id = erased_user AND data <> public.without_personal_data(data);

  PERFORM public.erase_stored_answers(scrubbed, erased_user);
  UPDATE public.erasures SET erased_orders = erased_orders + erased WHERE user_id = erased_user AND erased > 0;
END
$$;

REVOKE EXECUTE ON FUNCTION erase_orders(uuid, timestamptz, uuid, integer) FROM PUBLIC;

-- Down Migration
-- What was erased stays erased; who asked for it is lost, except in the history of each order.
DROP FUNCTION erase_orders(uuid, timestamptz, uuid, integer);
DROP FUNCTION erase_stored_answers(uuid[], uuid);
DROP FUNCTION holds_personal_data(orders);
DROP FUNCTION without_personal_data(jsonb);
DROP FUNCTION address_without_personal_data(jsonb);
DROP TABLE erasures;
