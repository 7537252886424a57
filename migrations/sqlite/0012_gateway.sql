-- What the AI tool gateway needs.

-- Drafts of assistants with everything their proofs are bound to.
create table tool_drafts (
    id blob primary key,
    tool text not null,
    conversation_id blob not null references conversations (id),
    contact_id blob not null,
    contact_address text not null,
    account_id blob,
    requested_by blob not null,
    requested_role text not null,
    payload text not null,
    payload_hash text not null,
    policy_version integer not null,
    plan text not null,
    state text not null,
    amount_minor integer,
    currency text,
    suspicion text not null,
    request_key blob,
    request_hash text not null,
    -- What the other system calls the draft, and what came of it.
    external_id text,
    reference text,
    failure text,
    -- The question to the customer. The code itself is nowhere.
    question_message_id blob,
    code_hash text,
    attempts_left integer not null,
    asked_at integer,
    -- The customer's own message.
    proof_message_id blob,
    proved_at integer,
    -- The person of ours.
    decided_by blob,
    decided_at integer,
    decision_reason text,
    hash_seen text,
    commit_attempts integer not null,
    committing_at integer,
    check_at integer,
    expires_at integer not null,
    created_at integer not null,
    updated_at integer not null,
    version integer not null
) strict;
create index tool_drafts_by_conversation on tool_drafts (conversation_id, id);
create index tool_drafts_by_contact on tool_drafts (contact_id, created_at);
create index tool_drafts_by_state on tool_drafts (state, expires_at);
create index tool_drafts_by_check on tool_drafts (check_at) where check_at is not null;
create unique index tool_drafts_by_request on tool_drafts (conversation_id, tool, request_key)
    where request_key is not null;

-- One row for each call of a tool, and one before each call of another system. Never changed; chained by hash.
create table tool_invocations (
    id blob primary key,
    call_id blob not null,
    phase text not null,
    account_id blob,
    conversation_id blob,
    actor_id blob not null,
    actor_role text not null,
    tool text not null,
    decision text not null,
    code text,
    draft_id blob,
    details text not null,
    prev_hash text,
    hash text not null,
    created_at integer not null
) strict;
create index tool_invocations_by_conversation on tool_invocations (conversation_id, created_at);
create index tool_invocations_by_account on tool_invocations (account_id, id);
create index tool_invocations_by_draft on tool_invocations (draft_id, id) where draft_id is not null;
create index tool_invocations_by_call on tool_invocations (call_id);

create table tool_invocation_heads (
    account_id blob primary key,
    hash text
) strict;

-- The times of the calls that a window admitted, as a JSON list of microseconds.
create table tool_windows (
    name text primary key,
    log text not null,
    expires_at integer not null
) strict;
create index tool_windows_by_end on tool_windows (expires_at);

-- What stands behind a placeholder that an assistant was shown.
create table tool_placeholders (
    conversation_id blob not null,
    placeholder text not null,
    original text not null,
    created_at integer not null,
    primary key (conversation_id, placeholder)
) strict;

-- What people stopped.
create table kill_switches (
    id blob primary key,
    scope_type text not null,
    scope_id text not null,
    reason text not null,
    set_by blob not null,
    set_at integer not null,
    lifted_by blob,
    lifted_at integer
) strict;
create unique index kill_switches_set on kill_switches (scope_type, scope_id) where lifted_at is null;
