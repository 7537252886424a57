-- A conversation moves in the list with each message. What moves with the minute instead costs an index entry a minute,
-- not one a message; within a minute the list is sorted as it is read.

alter table conversations add column active_minute bigint not null default 0;
update conversations set active_minute = floor(extract(epoch from last_message_at) / 60);

drop index conversations_by_activity;
create index conversations_by_activity on conversations (active_minute);

drop index conversations_open_by_team;
create index conversations_open_by_team on conversations (team_id, status) where status <> 'closed';

drop index conversations_open_by_assignee;
create index conversations_open_by_assignee on conversations (assigned_to) where status <> 'closed';

drop index conversations_idle;
create index conversations_idle on conversations (active_minute) where status = 'pending_customer';

-- The feed is read and trimmed by position, which goes with time.
drop index events_by_age;

-- Room for the next version of a row beside it, so that no index has to follow.
alter table conversations set (fillfactor = 80);
