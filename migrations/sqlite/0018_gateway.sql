-- Which policies of tools there were, who proposed and who agreed, and when each was in force.
create table tool_policies (
    version integer primary key,
    hash text not null,
    body text not null,
    origin text not null,
    state text not null,
    note text not null,
    proposed_by blob not null,
    proposed_at integer not null,
    decided_by blob,
    decided_at integer,
    decision_reason text,
    in_force_from integer,
    in_force_until integer
) strict;
create unique index tool_policies_in_force on tool_policies (state) where state = 'in_force';
