-- Agents who left, what the hub does by itself, and what agents say to one another.

-- Agents who have a page open (`since` is null), or had one and left: what they hold goes back when they do not return.
create table agent_absences (
    user_id blob primary key references users (id),
    since integer
) strict;

-- What the hub does when something happens (`automation`), or an agent asks for (`macro`).
create table automations (
    id blob primary key,
    kind text not null,
    name text not null,
    rule_order integer not null,
    enabled integer not null,
    events text not null,
    conditions text not null,
    actions text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table automation_versions (
    automation_id blob not null references automations (id),
    version integer not null,
    body text not null,
    changed_by blob not null,
    created_at integer not null,
    primary key (automation_id, version)
) strict;

-- One run for one event, or for one request.
create table automation_runs (
    id blob primary key,
    automation_id blob not null references automations (id),
    automation_version integer not null,
    automation_name text not null,
    cause blob not null,
    conversation_id blob not null,
    outcome text not null,
    steps text not null,
    actor_id blob not null,
    created_at integer not null,
    undone_at integer,
    undone_by blob,
    unique (automation_id, cause)
) strict;
create index automation_runs_of_conversation on automation_runs (conversation_id, created_at);

-- Events that a run wrote: no automation runs for them.
create table automation_effects (
    event_id blob primary key,
    created_at integer not null
) strict;
create index automation_effects_by_age on automation_effects (created_at);

-- Talk among agents, apart from everything that customers see.
create table internal_threads (
    id blob primary key,
    kind text not null,
    title text,
    team_id blob references teams (id),
    -- The two people of a direct thread: there is one for each pair.
    pair text unique,
    last_seq integer not null,
    last_message_at integer not null,
    created_by blob not null,
    created_at integer not null
) strict;

create table internal_thread_members (
    thread_id blob not null references internal_threads (id),
    user_id blob not null references users (id),
    last_read_seq integer not null,
    joined_at integer not null,
    left_at integer,
    primary key (thread_id, user_id)
) strict;
create index internal_threads_of_user on internal_thread_members (user_id, thread_id) where left_at is null;

create table internal_messages (
    id blob primary key,
    thread_id blob not null references internal_threads (id),
    seq integer not null,
    author_id blob not null,
    author_name text not null,
    text text not null,
    mentions text not null,
    conversation_id blob,
    client_message_id blob,
    created_at integer not null,
    unique (thread_id, seq)
) strict;
create unique index internal_messages_by_client on internal_messages (thread_id, author_id, client_message_id)
    where client_message_id is not null;
create index internal_messages_by_age on internal_messages (created_at);
