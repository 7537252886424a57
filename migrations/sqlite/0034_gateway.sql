-- How urgent the requester found it, where ranking has raised the urgency: a ticket is ranked anew from what was asked.
alter table tickets add column asked_urgency text;
