-- Usage events that are to be sent to Polar. Copy this file to the migrations of your database.
CREATE TABLE polar_outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The event as it is sent, with its external ID and timestamp.
    event JSON NOT NULL,
    -- Whether `track` set the timestamp. If Polar rejects it as being in the future, the event is sent without it.
    timestamp_assigned BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- The relay that has leased the event, and the time at which the lease expires.
    relay UUID,
    leased_until TIMESTAMPTZ,
    -- The time at which the event was delivered or rejected; NULL if it is pending.
    settled_at TIMESTAMPTZ,
    -- The reason if the event was rejected.
    rejection TEXT
);

-- For finding the pending events, the oldest first.
CREATE INDEX polar_outbox_pending ON polar_outbox (id) WHERE settled_at IS NULL;

-- For removing delivered events.
CREATE INDEX polar_outbox_settled ON polar_outbox (settled_at) WHERE settled_at IS NOT NULL;
