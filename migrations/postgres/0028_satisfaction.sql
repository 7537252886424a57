-- What customers said of how they were helped: one answer for a conversation, with whose it was then.

create table satisfaction_answers (
    conversation_id uuid primary key references conversations (id),
    team_id uuid,
    agent_id uuid,
    rating bigint not null check (rating between 1 and 5),
    comment text,
    answered_at timestamptz not null
);
create index satisfaction_answers_by_time on satisfaction_answers (answered_at);
