-- Agents who left, what the hub does by itself, and what agents say to one another.

-- Agents who have a page open (`since` is null), or had one and left: what they hold goes back when they do not return.
create table agent_absences (
    user_id uuid primary key references users (id),
    since timestamptz
);

-- What the hub does when something happens (`automation`), or an agent asks for (`macro`).
create table automations (
    id uuid primary key,
    kind text not null,
    name text not null,
    rule_order bigint not null,
    enabled boolean not null,
    events text not null,
    conditions text not null,
    actions text not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table automation_versions (
    automation_id uuid not null references automations (id),
    version bigint not null,
    body text not null,
    changed_by uuid not null,
    created_at timestamptz not null,
    primary key (automation_id, version)
);

-- One run for one event, or for one request.
create table automation_runs (
    id uuid primary key,
    automation_id uuid not null references automations (id),
    automation_version bigint not null,
    automation_name text not null,
    cause uuid not null,
    conversation_id uuid not null,
    outcome text not null,
    steps text not null,
    actor_id uuid not null,
    created_at timestamptz not null,
    undone_at timestamptz,
    undone_by uuid,
    unique (automation_id, cause)
);
create index automation_runs_of_conversation on automation_runs (conversation_id, created_at);

-- Events that a run wrote: no automation runs for them.
create table automation_effects (
    event_id uuid primary key,
    created_at timestamptz not null
);
create index automation_effects_by_age on automation_effects (created_at);

-- Talk among agents, apart from everything that customers see.
create table internal_threads (
    id uuid primary key,
    kind text not null,
    title text,
    team_id uuid references teams (id),
    -- The two people of a direct thread: there is one for each pair.
    pair text unique,
    last_seq bigint not null,
    last_message_at timestamptz not null,
    created_by uuid not null,
    created_at timestamptz not null
);

create table internal_thread_members (
    thread_id uuid not null references internal_threads (id),
    user_id uuid not null references users (id),
    last_read_seq bigint not null,
    joined_at timestamptz not null,
    left_at timestamptz,
    primary key (thread_id, user_id)
);
create index internal_threads_of_user on internal_thread_members (user_id, thread_id) where left_at is null;

create table internal_messages (
    id uuid primary key,
    thread_id uuid not null references internal_threads (id),
    seq bigint not null,
    author_id uuid not null,
    author_name text not null,
    text text not null,
    mentions text not null,
    conversation_id uuid,
    client_message_id uuid,
    created_at timestamptz not null,
    unique (thread_id, seq)
);
create unique index internal_messages_by_client on internal_messages (thread_id, author_id, client_message_id)
    where client_message_id is not null;
create index internal_messages_by_age on internal_messages (created_at);
