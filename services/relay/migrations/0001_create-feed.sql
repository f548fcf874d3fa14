-- Up Migration
-- The order in which events are told to everyone: positions without gaps, no event of an order before an earlier one of
-- it. Narrow, because what an event shows is read from the history. Without foreign keys, so that it outlives all else.
CREATE TABLE feed (
  position bigint PRIMARY KEY CONSTRAINT feed_position_check CHECK (position >= 1),
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  order_id uuid NOT NULL,
  version integer NOT NULL,
  type text NOT NULL,
  at timestamptz NOT NULL,
  moved_at timestamptz NOT NULL
);

-- Serves streams that resume: the events of one user after a position.
CREATE INDEX feed_user_id_position_idx ON feed (user_id, position);

-- One row, from when the relay first runs. The last position is not in it, but is read from the feed: a row that changes with each move would be slow to
-- read while an old snapshot keeps its former versions.
CREATE TABLE relay_state (
  id boolean PRIMARY KEY DEFAULT true CONSTRAINT relay_state_id_check CHECK (id),
  -- part of every cursor; another one after a backup was restored
  epoch text NOT NULL,
  -- of the database in which the epoch began
  fingerprint text NOT NULL,
  -- the first position that retention has left
  oldest bigint NOT NULL DEFAULT 1,
  -- rises whenever another process takes the lease, and is checked by every statement that only the holder may run
  token bigint NOT NULL DEFAULT 1,
  holder uuid,
  lease_until timestamptz NOT NULL
);

-- Tells databases apart: restoring a dump makes another table, in another database, perhaps on another server.
-- As the owner, so that everyone gets the same answer.
CREATE FUNCTION feed_fingerprint() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  system text := '';
BEGIN
  IF has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') THEN
    SELECT system_identifier INTO system FROM pg_catalog.pg_control_system();
  END IF;
  RETURN concat_ws('.', system, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()),
    'public.feed'::regclass::oid);
END
$$;

-- What other services may know of the feed. No rows while the relay has not run in this database.
CREATE FUNCTION feed_head(OUT epoch text, OUT head bigint, OUT oldest bigint) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT epoch, coalesce((SELECT position FROM public.feed ORDER BY position DESC LIMIT 1), 0), oldest
  FROM public.relay_state WHERE fingerprint = public.feed_fingerprint()
$$;

-- At most `maximum` events of all users after a position, oldest first.
CREATE FUNCTION feed_after(after_position bigint, maximum integer) RETURNS SETOF feed
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT * FROM public.feed WHERE position > after_position ORDER BY position LIMIT maximum
$$;

-- The same for one user.
CREATE FUNCTION feed_of_user_after(owner_id uuid, after_position bigint, maximum integer) RETURNS SETOF feed
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT * FROM public.feed WHERE user_id = owner_id AND position > after_position
  ORDER BY user_id, position LIMIT maximum
$$;

REVOKE EXECUTE ON FUNCTION feed_fingerprint(), feed_head(), feed_after(bigint, integer),
  feed_of_user_after(uuid, bigint, integer) FROM PUBLIC;

-- Down Migration
-- All cursors are lost.
DROP FUNCTION feed_of_user_after(uuid, bigint, integer);
DROP FUNCTION feed_after(bigint, integer);
DROP FUNCTION feed_head();
DROP FUNCTION feed_fingerprint();
DROP TABLE relay_state;
DROP TABLE feed;
