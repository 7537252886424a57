-- Conversations that wait for their customer, by how long: those that end by themselves are found without a look at the
-- others.

create index conversations_idle on conversations (last_message_at, id) where status = 'pending_customer';
