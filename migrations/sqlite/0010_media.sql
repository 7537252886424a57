-- What media and the rest of WhatsApp need.

-- Why a received file could not be had.
alter table media_files add column failure text;

-- Copies of our files that a provider holds (WhatsApp keeps uploads for 30 days), by content.
create table media_copies (
    inbox_id blob not null references inboxes (id),
    sha256 text not null,
    provider_media_id text not null,
    expires_at integer not null,
    primary key (inbox_id, sha256)
) strict, without rowid;

-- The provider's id of a template, its parts as the provider describes them, and when it was last read from there.
alter table whatsapp_templates add column provider_id text;
alter table whatsapp_templates add column components text not null default '[]';
alter table whatsapp_templates add column synced_at integer;

-- Edits and withdrawals that came before the message they are about.
create table parked_changes (
    id blob primary key,
    inbox_id blob not null,
    channel_message_id text not null,
    event text not null,
    created_at integer not null
) strict;
create index parked_changes_by_key on parked_changes (inbox_id, channel_message_id);
create index parked_changes_by_age on parked_changes (created_at);
