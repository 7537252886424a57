-- Keeping for as long as the policy says: runs of it with their progress, and what lies in the archive.

create table retention_runs (
    id uuid primary key,
    policy text not null,
    dry_run boolean not null,
    state text not null,
    cutoff_at timestamptz not null,
    -- Where it goes on: what it is depends on the policy.
    cursor text,
    expected bigint not null,
    seen bigint not null,
    done bigint not null,
    bytes bigint not null,
    error text,
    started_by uuid not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    finished_at timestamptz
);
create unique index retention_runs_going on retention_runs (policy) where state = 'running';

-- Conversations whose messages lie in the object store; the rows of the messages stay, without what was said.
create table archived_conversations (
    conversation_id uuid primary key references conversations (id),
    object_key text not null,
    messages bigint not null,
    bytes bigint not null,
    sha256 text not null,
    archived_at timestamptz not null
);
