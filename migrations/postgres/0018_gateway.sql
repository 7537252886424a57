-- Which policies of tools there were, who proposed and who agreed, and when each was in force.
create table tool_policies (
    version bigint primary key,
    hash text not null,
    body text not null,
    origin text not null,
    state text not null,
    note text not null,
    proposed_by uuid not null,
    proposed_at timestamptz not null,
    decided_by uuid,
    decided_at timestamptz,
    decision_reason text,
    in_force_from timestamptz,
    in_force_until timestamptz
);
create unique index tool_policies_in_force on tool_policies (state) where state = 'in_force';
