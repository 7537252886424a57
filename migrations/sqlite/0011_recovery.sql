-- What merging, importing and erasing contacts, the journal and repairs need.

alter table contacts add column can_grant_access integer not null default 0;
alter table contacts add column escalation_level integer;
alter table contacts add column erased_at integer;
create index contacts_merged on contacts (merged_into) where merged_into is not null;

-- Two contacts that turned out to be one person, and what moved: enough to undo it.
create table contact_merges (
    id blob primary key,
    primary_id blob not null references contacts (id),
    merged_id blob not null references contacts (id),
    reason text not null,
    moved text not null,
    merged_by blob not null,
    merged_at integer not null,
    undone_by blob,
    undone_at integer
) strict;
create index contact_merges_by_primary on contact_merges (primary_id, id);
create index contact_merges_by_merged on contact_merges (merged_id, id);

-- What is said to be a contact's e-mail or telephone number without proof. Leads to suggestions, never to a link.
create table contact_claims (
    contact_id blob not null references contacts (id),
    kind text not null,
    value text not null,
    source text not null,
    created_at integer not null,
    primary key (contact_id, kind, value)
) strict;
create index contact_claims_by_value on contact_claims (value);

-- Hashes of the provider ids of erased messages: a message that comes again stays erased.
create table erased_keys (
    inbox_id blob not null,
    key_hash text not null,
    erased_at integer not null,
    primary key (inbox_id, key_hash)
) strict, without rowid;

-- A list of contacts that is being read in, row by row.
create table contact_imports (
    id blob primary key,
    status text not null,
    is_dry_run integer not null,
    document text not null,
    total integer not null,
    processed integer not null,
    created integer not null,
    updated integer not null,
    failed integer not null,
    errors text not null,
    created_by blob not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index contact_imports_by_age on contact_imports (created_at);

-- Whether a stored file still belongs to anything.
create index media_files_by_storage_key on media_files (storage_key) where storage_key is not null;

-- Accepted requests of providers as they came, sealed; a row for each batch of the intake.
create table journal_segments (
    id blob primary key,
    first_at integer not null,
    last_at integer not null,
    entries integer not null,
    body blob not null,
    created_at integer not null
) strict;
create index journal_segments_by_end on journal_segments (last_at);

-- The same event is set aside once, however often it comes; its request can be sent through the adapters again.
alter table quarantine add column fingerprint text;
alter table quarantine add column request blob;
alter table quarantine add column attempts integer not null default 0;
alter table quarantine add column note text;
alter table quarantine add column resolved_by blob;
alter table quarantine add column resolved_at integer;
create unique index quarantine_by_fingerprint on quarantine (fingerprint) where fingerprint is not null;

-- Why a dead letter was given up.
alter table dead_letters add column note text;
create index dead_letters_by_kind on dead_letters (status, kind, id);

-- Repairs of many at once: which, how fast, how far.
create table repair_runs (
    id blob primary key,
    subject text not null,
    action text not null,
    ids text not null,
    note text,
    per_second integer not null,
    status text not null,
    total integer not null,
    processed integer not null,
    repaired integer not null,
    skipped integer not null,
    failed integer not null,
    created_by blob not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index repair_runs_by_age on repair_runs (created_at);
