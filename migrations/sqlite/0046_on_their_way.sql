-- SQLite builds a list of more than two values anew for each row that it asks about the condition of an index: about a sixth
-- of the time that inserting a message takes.
drop index messages_on_their_way;
create index messages_on_their_way on messages (inbox_id, sender_type, content_type)
    where status = 'pending' or status = 'sending' or status = 'unknown';
