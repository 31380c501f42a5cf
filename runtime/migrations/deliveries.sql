-- Webhook deliveries that were handled or are being handled. Copy this file to the migrations of your database.
CREATE TABLE polar_delivery (
    -- The ID of the event: the header `webhook-id`.
    id TEXT PRIMARY KEY,
    -- Distinguishes a claim from a later claim of the same event.
    token UUID NOT NULL,
    -- Whether the event was handled. Otherwise it is claimed by a handler.
    done BOOLEAN NOT NULL DEFAULT FALSE,
    -- When the claim runs out; for an event that was handled, when it is forgotten.
    expires_at TIMESTAMPTZ NOT NULL
);

-- To find the rows that can be deleted.
CREATE INDEX polar_delivery_expires_at ON polar_delivery (expires_at);
