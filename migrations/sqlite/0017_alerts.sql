-- Alerts: rules, ladders, who is on call, the alerts themselves, and who was told of them.

create table on_call_schedules (
    id blob primary key,
    name text not null,
    timezone text not null,
    rotations text not null,
    overrides text not null,
    is_active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table escalation_ladders (
    id blob primary key,
    name text not null,
    steps text not null,
    repeat integer not null,
    next_id blob references escalation_ladders (id),
    is_active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- Lower ones are asked first; the first that applies decides.
create table alert_rules (
    id blob primary key,
    name text not null,
    rule_order integer not null,
    enabled integer not null,
    conditions text not null,
    severity text,
    group_by text not null,
    ladder_id blob references escalation_ladders (id),
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table alert_rule_versions (
    rule_id blob not null references alert_rules (id),
    version integer not null,
    body text not null,
    changed_by blob not null,
    created_at integer not null,
    primary key (rule_id, version)
) strict, without rowid;

-- Since when a figure has been high, and since when it has been an alert.
create table alert_watches (
    rule_id blob primary key references alert_rules (id),
    since integer,
    firing_since integer
) strict;

create table alerts (
    id blob primary key,
    rule_id blob not null references alert_rules (id),
    rule_version integer not null,
    rule_name text not null,
    code text not null,
    severity text not null,
    group_key text not null,
    state text not null,
    count integer not null,
    first_at integer not null,
    last_at integer not null,
    conversation_id blob,
    ticket_id blob,
    team_id blob,
    inbox_id blob,
    owner_id blob,
    acknowledged_at integer,
    acknowledged_by blob,
    -- `console`, `sms` or `email`.
    acknowledged_via text,
    snoozed_until integer,
    resolved_at integer,
    resolved_by blob,
    resolved_reason text,
    reply_code text not null,
    -- The ladder as it was when the alert began to climb it.
    ladder text not null,
    run integer not null,
    step integer not null,
    next_step_at integer,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index alerts_open_by_key on alerts (group_key) where resolved_at is null;
create index alerts_open_by_conversation on alerts (conversation_id) where resolved_at is null;
create index alerts_by_state on alerts (state, id);

create table alert_notifications (
    id blob primary key,
    alert_id blob not null references alerts (id),
    run integer not null,
    step integer not null,
    channel text not null,
    user_id blob,
    -- An address or a number; of Slack the URL. Leaves the database only towards its provider.
    target text not null,
    inbox_id blob,
    state text not null,
    error text,
    due_at integer not null,
    sent_at integer,
    created_at integer not null,
    unique (alert_id, run, step, channel, target)
) strict;
create index alert_notifications_by_target on alert_notifications (channel, target, id);
create index alert_notifications_by_age on alert_notifications (channel, created_at);
create index alert_notifications_of_user on alert_notifications (user_id, state);

create table notification_preferences (
    user_id blob primary key references users (id),
    language text not null,
    timezone text not null,
    phone text,
    muted text not null,
    quiet_from text,
    quiet_until text,
    digest text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- What is an alert until somebody says otherwise.
insert into alert_rules (id, name, rule_order, enabled, conditions, severity, group_by, version, created_at, updated_at)
values
    (x'00000000000070008000000000000001', 'What needs a supervisor', 1000, 1, '{}', null,
     '["code","conversation","inbox","team"]', 1, 0, 0),
    (x'00000000000070008000000000000002', 'Inboxes that do not work', 1000, 1, '{"events":["inbox.health_changed"]}', null,
     '["code","inbox"]', 1, 0, 0),
    (x'00000000000070008000000000000003', 'Escalated tickets', 1000, 1, '{"events":["ticket.escalated"]}', null,
     '["code","ticket"]', 1, 0, 0),
    (x'00000000000070008000000000000004', 'Stuck scheduling', 1000, 1, '{"metric":"STUCK_SCHEDULING"}', null, '[]', 1, 0, 0),
    (x'00000000000070008000000000000005', 'Late tickets', 1000, 1, '{"metric":"SLA_BREACH"}', null, '[]', 1, 0, 0),
    (x'00000000000070008000000000000006', 'Nobody to be found', 1000, 1, '{"metric":"BOOKING_EXHAUSTED"}', null, '[]', 1, 0, 0),
    (x'00000000000070008000000000000007', 'Dead letters of tickets', 1000, 1, '{"metric":"OUTBOX_DEAD_LETTER"}', null, '[]', 1, 0, 0),
    (x'00000000000070008000000000000008', 'Invoices not synced', 1000, 1, '{"metric":"INVOICE_SYNC_FAILED"}', null, '[]', 1, 0, 0),
    (x'00000000000070008000000000000009', 'Other systems down', 1000, 1, '{"metric":"INTEGRATION_CIRCUIT_OPEN"}', null, '[]', 1, 0, 0),
    (x'0000000000007000800000000000000a', 'Wrong signatures', 1000, 1, '{"metric":"WEBHOOK_SIGNATURE_SPIKE"}', null, '[]', 1, 0, 0),
    (x'0000000000007000800000000000000b', 'Long queues', 1000, 1, '{"metric":"QUEUE_BACKLOG"}', null, '[]', 1, 0, 0),
    (x'0000000000007000800000000000000c', 'Slow first answers', 1000, 1, '{"metric":"SLOW_FRT"}', null, '[]', 1, 0, 0),
    (x'0000000000007000800000000000000d', 'Agents with too much', 1000, 1, '{"metric":"HIGH_AGENT_LOAD"}', null, '[]', 1, 0, 0);
