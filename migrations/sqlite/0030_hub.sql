-- The list of conversations is read in its order from an index that begins with what was asked for.

create index conversations_open_by_activity on conversations (active_minute) where status <> 'closed';
create index conversations_by_team on conversations (team_id, active_minute) where team_id is not null;
create index conversations_by_assignee on conversations (assigned_to, active_minute) where assigned_to is not null;

-- How content a customer was with a conversation: asked at its end, at most once.
create table satisfaction (
    conversation_id blob primary key references conversations (id),
    team_id blob,
    agent_id blob,
    channel text not null,
    asked_at integer not null,
    answered_at integer,
    score integer
) strict;
create index satisfaction_by_time on satisfaction (asked_at);
