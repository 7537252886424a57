-- For SQLite alone: PostgreSQL reads the condition of this index as it is, and finds it for the statement in either form.
select 1;
