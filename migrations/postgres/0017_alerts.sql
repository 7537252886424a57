-- Alerts: rules, ladders, who is on call, the alerts themselves, and who was told of them.

create table on_call_schedules (
    id uuid primary key,
    name text not null,
    timezone text not null,
    rotations text not null,
    overrides text not null,
    is_active boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table escalation_ladders (
    id uuid primary key,
    name text not null,
    steps text not null,
    repeat bigint not null,
    next_id uuid references escalation_ladders (id),
    is_active boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- Lower ones are asked first; the first that applies decides.
create table alert_rules (
    id uuid primary key,
    name text not null,
    rule_order bigint not null,
    enabled boolean not null,
    conditions text not null,
    severity text,
    group_by text not null,
    ladder_id uuid references escalation_ladders (id),
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table alert_rule_versions (
    rule_id uuid not null references alert_rules (id),
    version bigint not null,
    body text not null,
    changed_by uuid not null,
    created_at timestamptz not null,
    primary key (rule_id, version)
);

-- Since when a figure has been high, and since when it has been an alert.
create table alert_watches (
    rule_id uuid primary key references alert_rules (id),
    since timestamptz,
    firing_since timestamptz
);

create table alerts (
    id uuid primary key,
    rule_id uuid not null references alert_rules (id),
    rule_version bigint not null,
    rule_name text not null,
    code text not null,
    severity text not null,
    group_key text not null,
    state text not null,
    count bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    conversation_id uuid,
    ticket_id uuid,
    team_id uuid,
    inbox_id uuid,
    owner_id uuid,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    -- `console`, `sms` or `email`.
    acknowledged_via text,
    snoozed_until timestamptz,
    resolved_at timestamptz,
    resolved_by uuid,
    resolved_reason text,
    reply_code text not null,
    -- The ladder as it was when the alert began to climb it.
    ladder text not null,
    run bigint not null,
    step bigint not null,
    next_step_at timestamptz,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index alerts_open_by_key on alerts (group_key) where resolved_at is null;
create index alerts_open_by_conversation on alerts (conversation_id) where resolved_at is null;
create index alerts_by_state on alerts (state, id);

create table alert_notifications (
    id uuid primary key,
    alert_id uuid not null references alerts (id),
    run bigint not null,
    step bigint not null,
    channel text not null,
    user_id uuid,
    -- An address or a number; of Slack the URL. Leaves the database only towards its provider.
    target text not null,
    inbox_id uuid,
    state text not null,
    error text,
    due_at timestamptz not null,
    sent_at timestamptz,
    created_at timestamptz not null,
    unique (alert_id, run, step, channel, target)
);
create index alert_notifications_by_target on alert_notifications (channel, target, id);
create index alert_notifications_by_age on alert_notifications (channel, created_at);
create index alert_notifications_of_user on alert_notifications (user_id, state);

create table notification_preferences (
    user_id uuid primary key references users (id),
    language text not null,
    timezone text not null,
    phone text,
    muted text not null,
    quiet_from text,
    quiet_until text,
    digest text not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- What is an alert until somebody says otherwise.
insert into alert_rules (id, name, rule_order, enabled, conditions, severity, group_by, version, created_at, updated_at)
values
    ('00000000-0000-7000-8000-000000000001', 'What needs a supervisor', 1000, true, '{}', null,
     '["code","conversation","inbox","team"]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000002', 'Inboxes that do not work', 1000, true, '{"events":["inbox.health_changed"]}', null,
     '["code","inbox"]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000003', 'Escalated tickets', 1000, true, '{"events":["ticket.escalated"]}', null,
     '["code","ticket"]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000004', 'Stuck scheduling', 1000, true, '{"metric":"STUCK_SCHEDULING"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000005', 'Late tickets', 1000, true, '{"metric":"SLA_BREACH"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000006', 'Nobody to be found', 1000, true, '{"metric":"BOOKING_EXHAUSTED"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000007', 'Dead letters of tickets', 1000, true, '{"metric":"OUTBOX_DEAD_LETTER"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000008', 'Invoices not synced', 1000, true, '{"metric":"INVOICE_SYNC_FAILED"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000009', 'Other systems down', 1000, true, '{"metric":"INTEGRATION_CIRCUIT_OPEN"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-00000000000a', 'Wrong signatures', 1000, true, '{"metric":"WEBHOOK_SIGNATURE_SPIKE"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-00000000000b', 'Long queues', 1000, true, '{"metric":"QUEUE_BACKLOG"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-00000000000c', 'Slow first answers', 1000, true, '{"metric":"SLOW_FRT"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-00000000000d', 'Agents with too much', 1000, true, '{"metric":"HIGH_AGENT_LOAD"}', null, '[]', 1, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z');
