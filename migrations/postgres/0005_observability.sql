-- What alerts are made of, beside what stands elsewhere: refusals counted over all nodes, and since when something holds.

create table error_counts (
    code text not null,
    -- Beginning of the minute.
    minute timestamptz not null,
    count bigint not null,
    primary key (code, minute)
);
create index error_counts_by_minute on error_counts (minute);

create table alert_conditions (
    code text not null,
    subject text not null,
    since timestamptz not null,
    primary key (code, subject)
);

create index conversations_by_first_response on conversations (first_response_at) where first_response_at is not null;
create index conversations_by_end on conversations (closed_at) where closed_at is not null;
create index outbox_events_exhausted on outbox_events (created_at) where event_type = 'booking.exhausted';
