-- What sending by mail, consent, lanes and inbox health need.

-- The name of a conversation in the addresses that answers by mail go to.
create table reply_tokens (
    name text primary key,
    conversation_id uuid not null unique references conversations (id),
    created_at timestamptz not null
);

-- Every word of a customer, a provider or a person of ours about what may be written to an address. Append-only.
create table consent_entries (
    id uuid primary key,
    channel text not null,
    address text not null,
    decision text not null,
    scope text not null,
    reason text not null,
    -- The message, the keyword, the provider's code: whatever proves it.
    evidence text not null,
    actor_id uuid,
    occurred_at timestamptz not null,
    created_at timestamptz not null
);
create index consent_entries_by_address on consent_entries (channel, address, created_at);

-- What may not be written to an address, as the ledger leaves it.
create table suppressions (
    channel text not null,
    address text not null,
    scope text not null,
    reason text not null,
    entry_id uuid not null references consent_entries (id),
    created_at timestamptz not null,
    primary key (channel, address, scope)
);

-- How an inbox fares, fed by what passes through it. No row: nothing has happened yet.
create table inbox_health (
    inbox_id uuid primary key references inboxes (id),
    state text not null,
    since timestamptz not null,
    code text,
    failures bigint not null,
    last_ok_at timestamptz,
    last_failure_at timestamptz,
    paused_at timestamptz,
    paused_by uuid,
    pause_reason text,
    version bigint not null
);

-- Messages on their way out, for the depth of the lanes.
create index messages_on_their_way on messages (inbox_id, sender_type, content_type)
    where status in ('pending', 'sending', 'unknown');

-- Since when a contact writes too much in an inbox, so that one notice is given for each window.
create table abuse_notices (
    contact_id uuid not null,
    kind text not null,
    until timestamptz not null,
    primary key (contact_id, kind)
);
