-- What the AI tool gateway needs.

-- Drafts of assistants with everything their proofs are bound to.
create table tool_drafts (
    id uuid primary key,
    tool text not null,
    conversation_id uuid not null references conversations (id),
    contact_id uuid not null,
    contact_address text not null,
    account_id uuid,
    requested_by uuid not null,
    requested_role text not null,
    payload text not null,
    payload_hash text not null,
    policy_version bigint not null,
    plan text not null,
    state text not null,
    amount_minor bigint,
    currency text,
    suspicion text not null,
    request_key uuid,
    request_hash text not null,
    -- What the other system calls the draft, and what came of it.
    external_id text,
    reference text,
    failure text,
    -- The question to the customer. The code itself is nowhere.
    question_message_id uuid,
    code_hash text,
    attempts_left bigint not null,
    asked_at timestamptz,
    -- The customer's own message.
    proof_message_id uuid,
    proved_at timestamptz,
    -- The person of ours.
    decided_by uuid,
    decided_at timestamptz,
    decision_reason text,
    hash_seen text,
    commit_attempts bigint not null,
    committing_at timestamptz,
    check_at timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    version bigint not null
);
create index tool_drafts_by_conversation on tool_drafts (conversation_id, id);
create index tool_drafts_by_contact on tool_drafts (contact_id, created_at);
create index tool_drafts_by_state on tool_drafts (state, expires_at);
create index tool_drafts_by_check on tool_drafts (check_at) where check_at is not null;
create unique index tool_drafts_by_request on tool_drafts (conversation_id, tool, request_key)
    where request_key is not null;

-- One row for each call of a tool, and one before each call of another system. Never changed; chained by hash.
create table tool_invocations (
    id uuid primary key,
    call_id uuid not null,
    phase text not null,
    account_id uuid,
    conversation_id uuid,
    actor_id uuid not null,
    actor_role text not null,
    tool text not null,
    decision text not null,
    code text,
    draft_id uuid,
    details text not null,
    prev_hash text,
    hash text not null,
    created_at timestamptz not null
);
create index tool_invocations_by_conversation on tool_invocations (conversation_id, created_at);
create index tool_invocations_by_account on tool_invocations (account_id, id);
create index tool_invocations_by_draft on tool_invocations (draft_id, id) where draft_id is not null;
create index tool_invocations_by_call on tool_invocations (call_id);

create table tool_invocation_heads (
    account_id uuid primary key,
    hash text
);

-- The times of the calls that a window admitted, as a JSON list of microseconds.
create table tool_windows (
    name text primary key,
    log text not null,
    expires_at timestamptz not null
);
create index tool_windows_by_end on tool_windows (expires_at);

-- What stands behind a placeholder that an assistant was shown.
create table tool_placeholders (
    conversation_id uuid not null,
    placeholder text not null,
    original text not null,
    created_at timestamptz not null,
    primary key (conversation_id, placeholder)
);

-- What people stopped.
create table kill_switches (
    id uuid primary key,
    scope_type text not null,
    scope_id text not null,
    reason text not null,
    set_by uuid not null,
    set_at timestamptz not null,
    lifted_by uuid,
    lifted_at timestamptz
);
create unique index kill_switches_set on kill_switches (scope_type, scope_id) where lifted_at is null;
