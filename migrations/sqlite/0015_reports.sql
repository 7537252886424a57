-- What reports look up by time, beside what alerts do: when conversations and tickets began.

create index conversations_by_creation on conversations (created_at);
create index tickets_by_creation on tickets (created_at);

-- Roll-ups: what all conversations together add to an hour. `millis` holds durations, in order.
create table report_hours (
    metric text not null,
    hour integer not null,
    -- The nil id stands for no team.
    team_id blob not null,
    channel text not null,
    -- State of messages, agent, or nothing.
    word text not null,
    count integer not null,
    millis text not null,
    primary key (metric, hour, team_id, channel, word)
) strict, without rowid;

-- What each conversation has added: the next time it is looked at, that is taken back.
create table report_parts (
    conversation_id blob primary key,
    parts text not null
) strict;

-- How far the roll-ups have come with the conversations of before they began, and until when hours are complete.
create table report_progress (
    name text primary key,
    after_id blob,
    complete_until integer
) strict;
