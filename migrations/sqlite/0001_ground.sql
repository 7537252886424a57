-- The ground: directory, conversations, feed, jobs, tickets. Times are bound by the caller, never computed here.

create table accounts (
    id blob primary key,
    name text not null,
    profile text not null,
    status text not null,
    sla_tier text not null,
    default_nte_cents integer,
    currency text not null,
    locale text not null,
    timezone text not null,
    settings text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table sites (
    id blob primary key,
    account_id blob not null references accounts (id),
    code text not null unique,
    name text not null,
    address1 text not null,
    address2 text,
    unit text,
    city text not null,
    region text,
    postal_code text,
    country text not null,
    timezone text not null,
    phone text,
    email text,
    access_instructions text,
    hours text,
    is_audit_flagged integer not null,
    bill_to text,
    status text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index sites_by_account on sites (account_id, id);
create index sites_by_phone on sites (phone);

create table contacts (
    id blob primary key,
    account_id blob references accounts (id),
    display_name text not null,
    locale text,
    timezone text,
    is_authorized_requester integer not null,
    is_authorized_approver integer not null,
    metadata text not null,
    merged_into blob references contacts (id),
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table contact_sites (
    contact_id blob not null references contacts (id),
    site_id blob not null references sites (id),
    relation text not null,
    is_primary integer not null,
    created_at integer not null,
    primary key (contact_id, site_id, relation)
) strict;
create index contact_sites_by_site on contact_sites (site_id);

-- One address of a contact on one channel. The address is canonical: E.164 for phones.
create table channel_identities (
    id blob primary key,
    contact_id blob not null references contacts (id),
    channel text not null,
    address text not null,
    linked_by text not null,
    verified_at integer,
    opted_out_at integer,
    opt_out_source text,
    created_at integer not null,
    unique (channel, address)
) strict;
create index channel_identities_by_contact on channel_identities (contact_id);
create index channel_identities_by_address on channel_identities (address);

create table users (
    id blob primary key,
    email text not null unique,
    full_name text not null,
    password_hash text not null,
    role text not null,
    is_active integer not null,
    max_concurrent_conversations integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table teams (
    id blob primary key,
    slug text not null unique,
    name text not null,
    timezone text not null,
    is_active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table team_memberships (
    team_id blob not null references teams (id),
    user_id blob not null references users (id),
    created_at integer not null,
    primary key (team_id, user_id)
) strict;
create index team_memberships_by_user on team_memberships (user_id);

-- A login on one device. Refresh tokens of one session form a family: reuse of a spent one revokes the family.
create table sessions (
    id blob primary key,
    user_id blob not null references users (id),
    portal text not null,
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer,
    revoke_reason text
) strict;
create index sessions_by_user on sessions (user_id);
create index sessions_by_revocation on sessions (revoked_at) where revoked_at is not null;

create table refresh_tokens (
    token_hash text primary key,
    session_id blob not null references sessions (id),
    issued_at integer not null,
    expires_at integer not null,
    spent_at integer
) strict;
create index refresh_tokens_by_session on refresh_tokens (session_id);

-- Failed logins per account and per address, in windows of a minute.
create table login_failures (
    subject text primary key,
    failures integer not null,
    window_started_at integer not null
) strict;

create table inboxes (
    id blob primary key,
    name text not null unique,
    channel text not null,
    address text not null,
    team_id blob references teams (id),
    account_id blob references accounts (id),
    triage text not null,
    provider text not null,
    settings text not null,
    origin text not null,
    is_active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table conversations (
    id blob primary key,
    inbox_id blob not null references inboxes (id),
    channel text not null,
    contact_id blob not null references contacts (id),
    contact_address text not null,
    status text not null,
    priority text not null,
    subject text,
    team_id blob references teams (id),
    assigned_to blob references users (id),
    previous_assignee blob,
    previous_conversation_id blob,
    last_seq integer not null,
    inbound_count integer not null,
    read_inbound_count integer not null,
    tags text not null,
    last_message_id blob,
    last_message_at integer not null,
    last_inbound_at integer,
    last_outbound_at integer,
    first_response_at integer,
    waiting_since integer,
    window_expires_at integer,
    snoozed_until integer,
    closed_at integer,
    closed_by blob,
    close_reason text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
-- At most one open conversation for a contact in an inbox.
create unique index conversations_open on conversations (contact_id, inbox_id) where status <> 'closed';
create index conversations_by_contact on conversations (contact_id, inbox_id, closed_at);
create index conversations_by_activity on conversations (last_message_at, id);
create index conversations_open_by_team on conversations (team_id, status, last_message_at, id) where status <> 'closed';
create index conversations_open_by_assignee on conversations (assigned_to, last_message_at, id) where status <> 'closed';

create table messages (
    conversation_id blob not null references conversations (id),
    seq integer not null,
    id blob not null,
    inbox_id blob not null,
    channel text not null,
    channel_message_id text,
    client_message_id blob,
    direction text not null,
    sender_type text not null,
    sender_id blob,
    sender_name text,
    content_type text not null,
    text text,
    content text not null,
    reply_to text,
    status text not null,
    error text,
    metadata text not null,
    occurred_at integer not null,
    sent_at integer,
    delivered_at integer,
    read_at integer,
    failed_at integer,
    version integer not null,
    created_at integer not null,
    primary key (conversation_id, seq)
) strict, without rowid;
create unique index messages_by_id on messages (id);
create unique index messages_by_client_id on messages (conversation_id, client_message_id) where client_message_id is not null;

-- Deduplication of inbound messages, and the way from a provider's id to our outbound message.
create table message_keys (
    inbox_id blob not null,
    channel_message_id text not null,
    message_id blob not null,
    created_at integer not null,
    primary key (inbox_id, channel_message_id)
) strict, without rowid;

-- Every status a provider reported, also those that changed nothing.
create table message_statuses (
    id blob primary key,
    message_id blob not null,
    status text not null,
    provider_status text not null,
    errors text not null,
    occurred_at integer not null,
    created_at integer not null
) strict;
create index message_statuses_by_message on message_statuses (message_id);

-- Statuses that overtook the provider's answer to our send.
create table parked_statuses (
    id blob primary key,
    inbox_id blob not null,
    channel_message_id text not null,
    status_item text not null,
    created_at integer not null
) strict;
create index parked_statuses_by_key on parked_statuses (inbox_id, channel_message_id);
create index parked_statuses_by_age on parked_statuses (created_at);

create table media_files (
    id blob primary key,
    message_id blob,
    conversation_id blob,
    provider_media_id text,
    mime_type text not null,
    filename text,
    size_bytes integer,
    sha256 text,
    storage_key text,
    status text not null,
    created_by blob,
    created_at integer not null,
    updated_at integer not null
) strict;
create index media_files_by_message on media_files (message_id);

create table conversation_reads (
    conversation_id blob not null references conversations (id),
    user_id blob not null references users (id),
    read_seq integer not null,
    inbound_count integer not null,
    updated_at integer not null,
    primary key (conversation_id, user_id)
) strict;

create table tags (
    id blob primary key,
    name text not null unique,
    created_at integer not null
) strict;

create table conversation_tags (
    conversation_id blob not null references conversations (id),
    tag_id blob not null references tags (id),
    added_by blob,
    created_at integer not null,
    primary key (conversation_id, tag_id)
) strict;
create index conversation_tags_by_tag on conversation_tags (tag_id, conversation_id);

create table notes (
    id blob primary key,
    conversation_id blob not null references conversations (id),
    author_id blob,
    author_name text not null,
    text text not null,
    created_at integer not null
) strict;
create index notes_by_conversation on notes (conversation_id, id);

-- What happened to a conversation beside its messages. Append-only.
create table conversation_events (
    id blob primary key,
    conversation_id blob not null references conversations (id),
    kind text not null,
    actor_type text not null,
    actor_id blob,
    details text not null,
    created_at integer not null
) strict;
create index conversation_events_by_conversation on conversation_events (conversation_id, id);

create table canned_responses (
    id blob primary key,
    team_id blob references teams (id),
    shortcut text not null,
    title text not null,
    text text not null,
    is_active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index canned_responses_by_team on canned_responses (team_id, shortcut) where team_id is not null;
create unique index canned_responses_global on canned_responses (shortcut) where team_id is null;

create table whatsapp_templates (
    id blob primary key,
    inbox_id blob not null references inboxes (id),
    name text not null,
    language text not null,
    category text not null,
    status text not null,
    body text not null,
    param_count integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (inbox_id, name, language)
) strict;

-- The durable feed. A reader's position is (tx, seq); see docs/decisions on why readers never miss or double.
create table events (
    tx integer not null,
    seq integer primary key autoincrement,
    id blob not null,
    name text not null,
    conversation_id blob,
    conversation_seq integer,
    ticket_id blob,
    inbox_id blob,
    team_id blob,
    assigned_to blob,
    previous_assigned_to blob,
    is_queued integer not null,
    account_id blob,
    site_id blob,
    payload text not null,
    created_at integer not null
) strict;
create index events_by_age on events (created_at);

-- How far a background reader of the feed has come.
create table feed_positions (
    reader text primary key,
    tx integer not null,
    seq integer not null,
    updated_at integer not null
) strict;

create table jobs (
    id blob primary key,
    queue integer not null,
    kind text not null,
    lane text,
    dedupe_key text unique,
    payload text not null,
    run_at integer not null,
    attempts integer not null,
    max_attempts integer not null,
    lease_owner text,
    lease_until integer,
    last_error text,
    created_at integer not null
) strict;
create index jobs_due on jobs (queue, run_at, id);
create index jobs_by_lane on jobs (lane, id) where lane is not null;

-- One row before every call to a provider; a row without an outcome after a crash makes the message `unknown`.
create table send_attempts (
    id blob primary key,
    message_id blob not null,
    inbox_id blob not null,
    contact_id blob not null,
    attempt integer not null,
    started_at integer not null,
    finished_at integer,
    outcome text,
    channel_message_id text,
    error_code text,
    error_class text
) strict;
create index send_attempts_by_message on send_attempts (message_id, attempt);
-- One message at a time to one contact.
create unique index send_attempts_open on send_attempts (contact_id) where finished_at is null;
create index send_attempts_by_provider_id on send_attempts (inbox_id, channel_message_id) where channel_message_id is not null;

create table dead_letters (
    id blob primary key,
    source text not null,
    kind text not null,
    ref_id blob,
    payload text not null,
    error text not null,
    attempts integer not null,
    status text not null,
    resolved_by blob,
    resolved_at integer,
    created_at integer not null
) strict;
create index dead_letters_by_status on dead_letters (status, id);

-- Inbound events that could not be understood or belong to nobody we know. The raw bytes are kept.
create table quarantine (
    id blob primary key,
    inbox_id blob,
    provider text not null,
    reason text not null,
    raw blob not null,
    status text not null,
    received_at integer not null,
    created_at integer not null
) strict;
create index quarantine_by_status on quarantine (status, id);

-- Named counters, such as the last ticket code.
create table counters (
    name text primary key,
    value integer not null
) strict;

create table tickets (
    id blob primary key,
    code text not null unique,
    account_id blob not null references accounts (id),
    site_id blob not null references sites (id),
    asset_id blob,
    contact_id blob,
    profile text not null,
    state text not null,
    priority text not null,
    urgency text not null,
    category text,
    incident_type text,
    summary text not null,
    description text,
    customer_name text,
    contact_phone text,
    contact_email text,
    requested_window text,
    requested_start integer,
    requested_end integer,
    nte_cents integer not null,
    currency text not null,
    identity_signature text,
    identity_confidence integer,
    classification_confidence integer,
    sop_handoff_required integer not null,
    sop_handoff_acknowledged integer not null,
    sop_handoff_prompt text,
    review_required integer not null,
    review_reasons text not null,
    ranking_score integer not null,
    applied_rules text not null,
    scheduled_start integer,
    scheduled_end integer,
    assigned_tech_id blob,
    assigned_provider_id blob,
    escalation_level integer not null,
    billable integer not null,
    source_system text not null,
    source_message_id text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index tickets_by_account on tickets (account_id, site_id, id);
create index tickets_by_state on tickets (state, id);
create index tickets_by_signature on tickets (account_id, site_id, identity_signature, created_at);
create unique index tickets_by_source on tickets (source_system, source_message_id) where source_message_id is not null;

-- The pairs are those of patchbay-core's ticket::transition; a test keeps them equal.
create table ticket_state_transitions (
    ticket_id blob not null references tickets (id),
    seq integer not null,
    from_state text,
    to_state text not null,
    command text not null,
    audit_event_id blob not null,
    created_at integer not null,
    primary key (ticket_id, seq),
    check (
        (from_state is null and to_state in ('NEW', 'TRIAGED', 'READY_TO_SCHEDULE'))
        or (coalesce(from_state, '') = 'NEW' and to_state in ('NEEDS_INFO', 'TRIAGED', 'CANCELLED'))
        or (coalesce(from_state, '') = 'NEEDS_INFO' and to_state in ('TRIAGED', 'CANCELLED'))
        or (coalesce(from_state, '') = 'TRIAGED' and to_state in ('NEEDS_INFO', 'APPROVAL_REQUIRED', 'READY_TO_SCHEDULE', 'DISPATCHED', 'CANCELLED'))
        or (coalesce(from_state, '') = 'APPROVAL_REQUIRED' and to_state in ('READY_TO_SCHEDULE', 'TRIAGED', 'IN_PROGRESS', 'CANCELLED'))
        or (coalesce(from_state, '') = 'READY_TO_SCHEDULE' and to_state in ('SCHEDULE_PROPOSED', 'DISPATCHED', 'CANCELLED'))
        or (coalesce(from_state, '') = 'SCHEDULE_PROPOSED' and to_state in ('SCHEDULED', 'READY_TO_SCHEDULE', 'PENDING_CUSTOMER_CONFIRMATION', 'CANCELLED'))
        or (coalesce(from_state, '') = 'PENDING_CUSTOMER_CONFIRMATION' and to_state in ('SCHEDULE_PROPOSED', 'SCHEDULED', 'READY_TO_SCHEDULE', 'CANCELLED'))
        or (coalesce(from_state, '') = 'SCHEDULED' and to_state in ('SCHEDULED', 'DISPATCHED', 'PENDING_CUSTOMER_CONFIRMATION', 'CANCELLED'))
        or (coalesce(from_state, '') = 'DISPATCHED' and to_state in ('ON_SITE', 'SCHEDULED', 'READY_TO_SCHEDULE', 'ON_HOLD', 'CANCELLED'))
        or (coalesce(from_state, '') = 'ON_SITE' and to_state in ('IN_PROGRESS'))
        or (coalesce(from_state, '') = 'IN_PROGRESS' and to_state in ('ON_HOLD', 'APPROVAL_REQUIRED', 'COMPLETED_PENDING_VERIFICATION', 'SCHEDULED', 'READY_TO_SCHEDULE', 'CANCELLED'))
        or (coalesce(from_state, '') = 'ON_HOLD' and to_state in ('IN_PROGRESS', 'DISPATCHED', 'READY_TO_SCHEDULE', 'SCHEDULED', 'CANCELLED'))
        or (coalesce(from_state, '') = 'COMPLETED_PENDING_VERIFICATION' and to_state in ('VERIFIED', 'IN_PROGRESS', 'CLOSED'))
        or (coalesce(from_state, '') = 'VERIFIED' and to_state in ('INVOICED', 'IN_PROGRESS', 'CLOSED'))
        or (coalesce(from_state, '') = 'INVOICED' and to_state in ('IN_PROGRESS', 'CLOSED'))
    )
) strict;

-- Who did what. Append-only; rows of an account chain by hash.
create table audit_events (
    id blob primary key,
    ticket_id blob,
    conversation_id blob,
    account_id blob,
    actor_type text not null,
    actor_id blob not null,
    actor_role text not null,
    on_behalf_of blob,
    tool_name text not null,
    request_id text,
    correlation_id text not null,
    before_state text,
    after_state text,
    ticket_version integer,
    outcome text not null,
    error_code text,
    payload text not null,
    prev_hash text,
    hash text,
    created_at integer not null
) strict;
create index audit_events_by_ticket on audit_events (ticket_id, created_at, id);
create index audit_events_by_conversation on audit_events (conversation_id, id);

-- The newest entry of each account's chain; locked by whoever appends. The nil id stands for no account.
create table audit_heads (
    account_id blob primary key,
    hash text
) strict;

create table idempotency_keys (
    actor_id blob not null,
    endpoint text not null,
    request_id blob not null,
    request_hash text not null,
    status text not null,
    response_code integer,
    response_body text,
    ticket_id blob,
    locked_until integer not null,
    expires_at integer not null,
    created_at integer not null,
    primary key (actor_id, endpoint, request_id)
) strict;
create index idempotency_keys_by_expiry on idempotency_keys (expires_at);

create table outbox_events (
    id blob primary key,
    aggregate_type text not null,
    aggregate_id blob not null,
    aggregate_version integer not null,
    event_type text not null,
    payload text not null,
    headers text not null,
    idempotency_key text not null unique,
    status text not null,
    attempt_count integer not null,
    next_attempt_at integer not null,
    lease_owner text,
    lease_until integer,
    last_error text,
    created_at integer not null
) strict;
create index outbox_events_due on outbox_events (status, next_attempt_at, id);
create index outbox_events_by_aggregate on outbox_events (aggregate_id, id);

create table ticket_links (
    conversation_id blob not null references conversations (id),
    ticket_id blob not null references tickets (id),
    relation text not null,
    created_by blob,
    created_at integer not null,
    primary key (conversation_id, ticket_id)
) strict;
create index ticket_links_by_ticket on ticket_links (ticket_id);

-- Full-text index of messages and contacts, filled by a background reader of the feed.
create virtual table search_documents using fts5 (
    body,
    conversation_id unindexed,
    contact_id unindexed,
    tokenize = 'unicode61 remove_diacritics 2'
);
