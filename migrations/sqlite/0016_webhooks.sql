-- Outgoing webhooks: who hears of which events, what is on its way to whom, and every try.

create table webhooks (
    id blob primary key,
    url text not null,
    description text not null,
    events text not null,
    -- Newest first: {"secret", "expires_at"}.
    secrets text not null,
    is_active integer not null,
    disabled_at integer,
    disabled_reason text,
    -- Kept by the deliveries, beside the version.
    failing_since integer,
    failures integer not null,
    last_delivered_at integer,
    created_by blob not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- One event for one address. While it is tried, `next_attempt_at` is the end of the lease.
create table webhook_deliveries (
    id blob primary key,
    webhook_id blob not null references webhooks (id),
    event_id blob not null,
    event_type text not null,
    body text not null,
    state text not null,
    attempts integer not null,
    next_attempt_at integer not null,
    response_status integer,
    error text,
    created_at integer not null,
    updated_at integer not null,
    unique (webhook_id, event_id)
) strict;
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at, id) where state = 'pending';
create index webhook_deliveries_log on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_by_age on webhook_deliveries (created_at);

create table webhook_attempts (
    id blob primary key,
    delivery_id blob not null,
    started_at integer not null,
    took_ms integer not null,
    response_status integer,
    error text
) strict;
create index webhook_attempts_by_delivery on webhook_attempts (delivery_id, id);
create index webhook_attempts_by_age on webhook_attempts (started_at);
