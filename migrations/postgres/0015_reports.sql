-- What reports look up by time, beside what alerts do: when conversations and tickets began.

create index conversations_by_creation on conversations (created_at);
create index tickets_by_creation on tickets (created_at);

-- Roll-ups: what all conversations together add to an hour. `millis` holds durations, in order.
create table report_hours (
    metric text not null,
    hour bigint not null,
    -- The nil id stands for no team.
    team_id uuid not null,
    channel text not null,
    -- State of messages, agent, or nothing.
    word text not null,
    count bigint not null,
    millis text not null,
    primary key (metric, hour, team_id, channel, word)
);

-- What each conversation has added: the next time it is looked at, that is taken back.
create table report_parts (
    conversation_id uuid primary key,
    parts text not null
);

-- How far the roll-ups have come with the conversations of before they began, and until when hours are complete.
create table report_progress (
    name text primary key,
    after_id uuid,
    complete_until timestamptz
);
