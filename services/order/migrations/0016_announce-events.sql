-- Up Migration
-- The events that have no position in the feed yet. A narrow table of its own, because a position in order_events would
-- rewrite wide rows and let the relay change the history. Events from before this migration are not announced: consumers
-- start from the orders as they are.
CREATE TABLE order_events_pending (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  order_id uuid NOT NULL,
  version integer NOT NULL,
  type text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (order_id, version)
) WITH (
  -- every row is soon deleted
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0
);

-- Serves the relay, which moves them to the feed in this order. No further columns: PostgreSQL could look for an order
-- in them, through the whole index.
CREATE INDEX order_events_pending_at_idx ON order_events_pending (at);

-- The trace that a change was part of (W3C Trace Context), for those who learn of it later.
ALTER TABLE order_events ADD COLUMN traceparent text;

-- By a trigger, in the statement of the change itself: whoever writes events, and however, cannot forget it. As the
-- owner: the service's role may not write the table. Row by row, which is possible wherever the rows are kept.
CREATE FUNCTION announce_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  event record;
BEGIN
  FOR event IN SELECT id, user_id, order_id, version, type, at FROM inserted LOOP
    INSERT INTO public.order_events_pending (id, user_id, order_id, version, type, at)
    VALUES (event.id, event.user_id, event.order_id, event.version, event.type, event.at)
    -- the owner may delete an order and store it again
    ON CONFLICT (order_id, version) DO UPDATE SET id = excluded.id, at = excluded.at;
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER announce_events AFTER INSERT ON order_events
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION announce_events();

-- Down Migration
-- What the relay has not moved yet is never announced.
DROP TRIGGER announce_events ON order_events;
DROP FUNCTION announce_events();
DROP TABLE order_events_pending;
ALTER TABLE order_events DROP COLUMN traceparent;
