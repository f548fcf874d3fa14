-- Up Migration
-- Who is told of events by HTTP.
CREATE TABLE webhooks (
  id uuid PRIMARY KEY,
  url text NOT NULL,
  -- NULL means all types, also those that are added later
  types text[],
  -- whether the events of an order wait for each other
  ordered boolean NOT NULL,
  description text NOT NULL,
  -- why nothing is sent; NULL while it is enabled
  disabled_reason text CONSTRAINT webhooks_disabled_reason_check CHECK (disabled_reason IN ('operator', 'gone')),
  -- every event up to this position was delivered, is in webhook_deliveries, or is of another type
  cursor bigint NOT NULL,
  -- nothing is sent until then, because the receiver has asked for a pause
  paused_until timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Encrypted with a key that is not in the database. An earlier one stays valid for a while after a rotation.
CREATE TABLE webhook_secrets (
  id uuid PRIMARY KEY,
  webhook_id uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  -- which key opens the box
  key_id text NOT NULL,
  box bytea NOT NULL,
  created_at timestamptz NOT NULL,
  -- NULL for the newest
  expires_at timestamptz
);

CREATE INDEX webhook_secrets_webhook_id_idx ON webhook_secrets (webhook_id);

-- Events that were not delivered at the first attempt, or are to be sent again. All others leave no row: they are
-- behind the cursor of their webhook.
CREATE TABLE webhook_deliveries (
  webhook_id uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  event_id uuid NOT NULL,
  position bigint NOT NULL,
  order_id uuid NOT NULL,
  type text NOT NULL,
  state text NOT NULL CONSTRAINT webhook_deliveries_state_check CHECK (state IN ('waiting', 'delivered', 'parked')),
  -- how many there were, since somebody last asked for a redelivery
  attempts integer NOT NULL,
  -- when the next attempt may begin
  due_at timestamptz NOT NULL,
  -- sent again on request, and so out of order
  is_redelivery boolean NOT NULL,
  -- of the last attempt: the status of the answer, or why there was none; the start of the answer; how long it took
  status integer,
  reason text,
  answer text,
  duration_ms integer,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (webhook_id, event_id)
) WITH (
  -- rows change with every attempt and are deleted within weeks
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_cost_delay = 0
);

-- Serves the relay: what is due.
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (webhook_id, due_at, position) WHERE state = 'waiting';

-- Serves ordered webhooks: whether an earlier event of the order waits.
CREATE INDEX webhook_deliveries_order_idx ON webhook_deliveries (webhook_id, order_id, position)
  WHERE state = 'waiting' AND NOT is_redelivery;

-- Serve the operators' lists, newest first: of all, and of one state.
CREATE INDEX webhook_deliveries_created_at_idx ON webhook_deliveries (webhook_id, created_at DESC, event_id DESC);
CREATE INDEX webhook_deliveries_state_idx
  ON webhook_deliveries (webhook_id, state, created_at DESC, event_id DESC);

-- Serves the clean-up.
CREATE INDEX webhook_deliveries_updated_at_idx ON webhook_deliveries (updated_at) WHERE state <> 'waiting';

-- Down Migration
DROP TABLE webhook_deliveries;
DROP TABLE webhook_secrets;
DROP TABLE webhooks;
