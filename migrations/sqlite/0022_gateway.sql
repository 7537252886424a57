-- The tickets that a customer asked for: what an assistant searches, without a look at everybody's.

create index tickets_by_contact on tickets (contact_id, id) where contact_id is not null;
