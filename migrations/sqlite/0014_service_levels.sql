-- What service levels need.

-- What is promised to the customers of a team, by priority; in seconds.
create table sla_policies (
    id blob primary key,
    team_id blob not null references teams (id),
    priority text not null,
    frt_s integer,
    resolution_s integer,
    escalation_s integer,
    warning_s integer,
    -- When time counts; null: always.
    calendar text,
    is_active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index sla_policies_in_force on sla_policies (team_id, priority) where is_active = 1;

-- The clocks of a conversation.
alter table conversations add column sla text;

-- Promises that were broken.
create table sla_violations (
    id blob primary key,
    conversation_id blob not null references conversations (id),
    type text not null,
    policy_id blob,
    policy_version integer not null,
    team_id blob,
    priority text not null,
    target_s integer,
    actual_s integer,
    due_at integer not null,
    created_at integer not null,
    unique (conversation_id, type)
) strict;
create index sla_violations_by_time on sla_violations (due_at);
