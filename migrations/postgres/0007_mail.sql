-- What received mail needs.

-- A customer may have several conversations by mail at a time: each thread is one.
drop index conversations_open;
create unique index conversations_open on conversations (contact_id, inbox_id)
    where status <> 'closed' and channel <> 'email';
create index conversations_open_mail on conversations (contact_id, inbox_id)
    where status <> 'closed' and channel = 'email';
create index conversations_by_previous on conversations (previous_conversation_id) where channel = 'email';

-- Tokens of webhooks whose signature does not cover the body: each counts for one body.
create table webhook_tokens (
    token text primary key,
    digest text not null,
    forget_at timestamptz not null
);
create index webhook_tokens_by_end on webhook_tokens (forget_at);
