-- What sending by mail, consent, lanes and inbox health need.

-- The name of a conversation in the addresses that answers by mail go to.
create table reply_tokens (
    name text primary key,
    conversation_id blob not null unique references conversations (id),
    created_at integer not null
) strict;

-- Every word of a customer, a provider or a person of ours about what may be written to an address. Append-only.
create table consent_entries (
    id blob primary key,
    channel text not null,
    address text not null,
    decision text not null,
    scope text not null,
    reason text not null,
    -- The message, the keyword, the provider's code: whatever proves it.
    evidence text not null,
    actor_id blob,
    occurred_at integer not null,
    created_at integer not null
) strict;
create index consent_entries_by_address on consent_entries (channel, address, created_at);

-- What may not be written to an address, as the ledger leaves it.
create table suppressions (
    channel text not null,
    address text not null,
    scope text not null,
    reason text not null,
    entry_id blob not null references consent_entries (id),
    created_at integer not null,
    primary key (channel, address, scope)
) strict;

-- How an inbox fares, fed by what passes through it. No row: nothing has happened yet.
create table inbox_health (
    inbox_id blob primary key references inboxes (id),
    state text not null,
    since integer not null,
    code text,
    failures integer not null,
    last_ok_at integer,
    last_failure_at integer,
    paused_at integer,
    paused_by blob,
    pause_reason text,
    version integer not null
) strict;

-- Messages on their way out, for the depth of the lanes.
create index messages_on_their_way on messages (inbox_id, sender_type, content_type)
    where status in ('pending', 'sending', 'unknown');

-- Since when a contact writes too much in an inbox, so that one notice is given for each window.
create table abuse_notices (
    contact_id blob not null,
    kind text not null,
    until integer not null,
    primary key (contact_id, kind)
) strict;
