-- The list of conversations is read in its order from an index that begins with what was asked for.

create index conversations_open_by_activity on conversations (active_minute) where status <> 'closed';
create index conversations_by_team on conversations (team_id, active_minute) where team_id is not null;
create index conversations_by_assignee on conversations (assigned_to, active_minute) where assigned_to is not null;

-- Customers who were asked by a message how content they were; their answers stand beside those of the web chat.
create table satisfaction_questions (
    conversation_id uuid primary key references conversations (id),
    asked_at timestamptz not null
);
