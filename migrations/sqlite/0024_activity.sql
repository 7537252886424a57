-- A conversation moves in the list with each message. What moves with the minute instead costs an index entry a minute,
-- not one a message; within a minute the list is sorted as it is read.

alter table conversations add column active_minute integer not null default 0;
update conversations set active_minute = last_message_at / 60000000;

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
