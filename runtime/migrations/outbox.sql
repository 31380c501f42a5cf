-- Usage events that are to be sent to Polar. Copy this file to the migrations of your database.
CREATE TABLE polar_outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The event as it is sent, with its external ID and timestamp.
    event JSON NOT NULL,
    -- Whether the timestamp is that of the call to `track`. If Polar finds it to be in the future, Polar sets its own.
    has_own_time BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- The relay that sends the event, and until when others leave it alone.
    relay UUID,
    leased_until TIMESTAMPTZ,
    -- When the event was delivered or rejected.
    settled_at TIMESTAMPTZ,
    -- Why the event was rejected.
    rejection TEXT
);

-- The events that are to be sent, the oldest first.
CREATE INDEX polar_outbox_pending ON polar_outbox (id) WHERE settled_at IS NULL;

-- Those that were delivered or rejected.
CREATE INDEX polar_outbox_settled ON polar_outbox (settled_at) WHERE settled_at IS NOT NULL;
