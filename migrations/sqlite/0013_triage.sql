-- What triage, routing and assignment need.

-- When a team is there, and whether it gives conversations out by itself.
alter table teams add column auto_assign integer not null default 0;
alter table teams add column business_hours text not null default '[]';
alter table teams add column holidays text not null default '[]';

-- What people can do, 1 to 5.
create table agent_skills (
    user_id blob not null references users (id),
    skill text not null,
    proficiency integer not null,
    primary key (user_id, skill)
) strict;

-- Rules that say where a conversation belongs.
create table routing_rules (
    id blob primary key,
    name text not null,
    rule_order integer not null,
    enabled integer not null,
    stop integer not null,
    conditions text not null,
    consequences text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- Every version of them as it was: decisions name one. Never changed.
create table routing_rule_versions (
    rule_id blob not null references routing_rules (id),
    version integer not null,
    body text not null,
    changed_by blob not null,
    created_at integer not null,
    primary key (rule_id, version)
) strict;

-- Where the triage of a conversation stands, and what was decided.
create table triage_states (
    conversation_id blob primary key references conversations (id),
    state text not null,
    plan text,
    decision text,
    required_skills text not null,
    -- Until when an answer is awaited.
    deadline_at integer,
    updated_at integer not null
) strict;
create index triage_states_by_deadline on triage_states (deadline_at) where deadline_at is not null;

-- When somebody last got a conversation: whoever waits longest is next.
create table assignment_turns (
    user_id blob primary key references users (id),
    assigned_at integer not null
) strict;
