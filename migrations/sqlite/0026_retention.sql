-- Keeping for as long as the policy says: runs of it with their progress, and what lies in the archive.

create table retention_runs (
    id blob primary key,
    policy text not null,
    dry_run integer not null,
    state text not null,
    cutoff_at integer not null,
    -- Where it goes on: what it is depends on the policy.
    cursor text,
    expected integer not null,
    seen integer not null,
    done integer not null,
    bytes integer not null,
    error text,
    started_by blob not null,
    created_at integer not null,
    updated_at integer not null,
    finished_at integer
) strict;
create unique index retention_runs_going on retention_runs (policy) where state = 'running';

-- Conversations whose messages lie in the object store; the rows of the messages stay, without what was said.
create table archived_conversations (
    conversation_id blob primary key references conversations (id),
    object_key text not null,
    messages integer not null,
    bytes integer not null,
    sha256 text not null,
    archived_at integer not null
) strict;
