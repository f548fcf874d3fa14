-- Up Migration
-- Waits until there is an event without a position whose time is not before `since`, at most `maximum_ms`, and returns
-- whether there is one. Every look has a snapshot of its own. It is done here because asking from outside would wake the
-- relay twice for each look.
CREATE FUNCTION wait_for_event(since timestamptz, pause_ms integer, maximum_ms integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  ends_at timestamptz := clock_timestamp() + maximum_ms * interval '1 millisecond';
BEGIN
  WHILE NOT EXISTS (SELECT FROM public.order_events_pending WHERE at >= since) LOOP
    IF clock_timestamp() >= ends_at THEN
      RETURN false;
    END IF;
    PERFORM pg_catalog.pg_sleep(pause_ms / 1000.0);
  END LOOP;
  RETURN true;
END
$$;

REVOKE EXECUTE ON FUNCTION wait_for_event(timestamptz, integer, integer) FROM PUBLIC;

-- Down Migration
DROP FUNCTION wait_for_event(timestamptz, integer, integer);
