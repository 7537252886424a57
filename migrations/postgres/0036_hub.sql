-- Where jobs and events of the feed hang in a trace. Empty unless traces are recorded.
create table traces (
    subject_id uuid primary key,
    traceparent text not null,
    created_at timestamptz not null
);
create index traces_by_age on traces (created_at);

-- What people are told of alerts, in the words of whoever runs this; every version is kept.
create table notification_templates (
    id uuid primary key,
    code text not null,
    language text not null,
    subject text not null,
    body text not null,
    enabled boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (code, language)
);
create table notification_template_versions (
    template_id uuid not null references notification_templates (id),
    version bigint not null,
    content text not null,
    changed_by uuid,
    created_at timestamptz not null,
    primary key (template_id, version)
);

-- Where the chain of an account's tool calls begins since the oldest were removed: the hash of the last one that went.
create table tool_invocation_starts (
    account_id uuid primary key,
    hash text not null,
    removed bigint not null,
    updated_at timestamptz not null
);
