-- Reports over months read days, each made of its hours (from the first of a day in UTC): of what agents closed there are
-- nearly as many hours as conversations.
-- There may be years of hours.
set local statement_timeout = 0;

create table report_days (
    metric text not null,
    -- Days since 1970.
    day bigint not null,
    -- The nil id stands for no team.
    team_id uuid not null,
    channel text not null,
    -- State of messages, agent, or nothing.
    word text not null,
    count bigint not null,
    -- Durations, in no order.
    millis text not null,
    primary key (metric, day, team_id, channel, word)
);

insert into report_days (metric, day, team_id, channel, word, count, millis)
select metric, hour / 24, team_id, channel, word, cast(sum(count) as bigint), coalesce(string_agg(nullif(millis, ''), ' '), '')
from report_hours
group by metric, hour / 24, team_id, channel, word;

-- What somebody has and is in a state that few are in is found without reading what that person ever had.
drop index conversations_open_by_assignee;
create index conversations_open_by_assignee on conversations (assigned_to, active_minute) where status <> 'closed';
