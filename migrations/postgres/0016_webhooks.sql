-- Outgoing webhooks: who hears of which events, what is on its way to whom, and every try.

create table webhooks (
    id uuid primary key,
    url text not null,
    description text not null,
    events text not null,
    -- Newest first: {"secret", "expires_at"}.
    secrets text not null,
    is_active boolean not null,
    disabled_at timestamptz,
    disabled_reason text,
    -- Kept by the deliveries, beside the version.
    failing_since timestamptz,
    failures bigint not null,
    last_delivered_at timestamptz,
    created_by uuid not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- One event for one address. While it is tried, `next_attempt_at` is the end of the lease.
create table webhook_deliveries (
    id uuid primary key,
    webhook_id uuid not null references webhooks (id),
    event_id uuid not null,
    event_type text not null,
    body text not null,
    state text not null,
    attempts bigint not null,
    next_attempt_at timestamptz not null,
    response_status bigint,
    error text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (webhook_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at, id) where state = 'pending';
create index webhook_deliveries_log on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_by_age on webhook_deliveries (created_at);

create table webhook_attempts (
    id uuid primary key,
    delivery_id uuid not null,
    started_at timestamptz not null,
    took_ms bigint not null,
    response_status bigint,
    error text
);
create index webhook_attempts_by_delivery on webhook_attempts (delivery_id, id);
create index webhook_attempts_by_age on webhook_attempts (started_at);
