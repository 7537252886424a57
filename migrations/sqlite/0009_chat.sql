-- What web chat needs.

-- The conversations of one visitor or user of a site.
create index conversations_by_address on conversations (inbox_id, contact_address);

-- Files that visitors uploaded, and who may attach them.
create table chat_uploads (
    media_id blob primary key references media_files (id),
    inbox_id blob not null references inboxes (id),
    address text not null,
    created_at integer not null
) strict;
create index chat_uploads_by_address on chat_uploads (inbox_id, address);
