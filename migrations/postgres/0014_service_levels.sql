-- What service levels need.

-- What is promised to the customers of a team, by priority; in seconds.
create table sla_policies (
    id uuid primary key,
    team_id uuid not null references teams (id),
    priority text not null,
    frt_s bigint,
    resolution_s bigint,
    escalation_s bigint,
    warning_s bigint,
    -- When time counts; null: always.
    calendar text,
    is_active boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index sla_policies_in_force on sla_policies (team_id, priority) where is_active;

-- The clocks of a conversation.
alter table conversations add column sla text;

-- Promises that were broken.
create table sla_violations (
    id uuid primary key,
    conversation_id uuid not null references conversations (id),
    type text not null,
    policy_id uuid,
    policy_version bigint not null,
    team_id uuid,
    priority text not null,
    target_s bigint,
    actual_s bigint,
    due_at timestamptz not null,
    created_at timestamptz not null,
    unique (conversation_id, type)
);
create index sla_violations_by_time on sla_violations (due_at);
