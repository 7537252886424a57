-- What customers said of how they were helped: one answer for a conversation, with whose it was then.

create table satisfaction_answers (
    conversation_id blob primary key references conversations (id),
    team_id blob,
    agent_id blob,
    rating integer not null check (rating between 1 and 5),
    comment text,
    answered_at integer not null
) strict;
create index satisfaction_answers_by_time on satisfaction_answers (answered_at);
