-- Webhook events that were handled or are being handled. Copy this file to the migrations of your database.
CREATE TABLE polar_delivery (
    -- The ID of the event: the header `webhook-id`.
    id TEXT PRIMARY KEY,
    -- Distinguishes a claim from later claims of the same event.
    token UUID NOT NULL,
    -- Whether the event was handled. Otherwise a handler has claimed it.
    done BOOLEAN NOT NULL DEFAULT FALSE,
    -- The time at which the claim expires. For a handled event, the time at which its row can be deleted.
    expires_at TIMESTAMPTZ NOT NULL
);

-- For deleting expired rows.
CREATE INDEX polar_delivery_expires_at ON polar_delivery (expires_at);
