-- Where jobs and events of the feed hang in a trace. Empty unless traces are recorded.
create table traces (
    subject_id blob primary key,
    traceparent text not null,
    created_at integer not null
) strict, without rowid;
create index traces_by_age on traces (created_at);

-- What people are told of alerts, in the words of whoever runs this; every version is kept.
create table notification_templates (
    id blob primary key,
    code text not null,
    language text not null,
    subject text not null,
    body text not null,
    enabled integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (code, language)
) strict;
create table notification_template_versions (
    template_id blob not null references notification_templates (id),
    version integer not null,
    content text not null,
    changed_by blob,
    created_at integer not null,
    primary key (template_id, version)
) strict;

-- Where the chain of an account's tool calls begins since the oldest were removed: the hash of the last one that went.
create table tool_invocation_starts (
    account_id blob primary key,
    hash text not null,
    removed integer not null,
    updated_at integer not null
) strict;
