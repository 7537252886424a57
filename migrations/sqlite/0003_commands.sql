-- What the commands of tickets need beside the ticket itself.

alter table tickets add column template_version integer;
alter table tickets add column risk_flags text not null default '[]';
alter table tickets add column estimate_cents integer;
alter table tickets add column reviewed_by blob;
alter table tickets add column accepted_at integer;
alter table tickets add column hold_reason text;
alter table tickets add column held_from_state text;
alter table tickets add column delayed_until integer;
alter table tickets add column escalated_at integer;
alter table tickets add column intake_completed_at integer;
alter table tickets add column invoice_state text not null default 'NOT_STARTED';
-- The clock of the ticket. The target of the template in minutes; when the time is up if the clock does not stand still;
-- since when it does; how long it did, in seconds.
alter table tickets add column sla_minutes integer;
alter table tickets add column sla_due_at integer not null default 0;
alter table tickets add column sla_paused_since integer;
alter table tickets add column sla_paused_s integer not null default 0;
update tickets set sla_due_at = coalesce(scheduled_start, created_at)
    + case priority when 'EMERGENCY' then 60 when 'URGENT' then 240 else 1440 end * 60000000;
create index tickets_by_deadline on tickets (sla_due_at, id) where state not in ('CLOSED', 'CANCELLED');
create index tickets_by_technician on tickets (assigned_tech_id, state) where assigned_tech_id is not null;
create index tickets_by_vendor on tickets (assigned_provider_id, state) where assigned_provider_id is not null;
create index tickets_by_asset on tickets (asset_id, id) where asset_id is not null;

-- Fields of the ticket before and after, without anybody's name or address.
alter table audit_events add column changes text;
create index audit_events_by_account on audit_events (account_id, id);
create index audit_events_refused on audit_events (error_code, created_at) where error_code is not null;

create table approvals (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    approval_type text not null,
    origin text not null,
    return_state text not null,
    status text not null,
    reason text,
    amount_delta_cents integer,
    evidence_refs text not null,
    requested_by blob not null,
    requested_by_role text not null,
    requested_by_type text not null,
    requested_at integer not null,
    decided_by blob,
    decided_by_role text,
    decided_at integer,
    notes text
) strict;
create index approvals_by_ticket on approvals (ticket_id, id);
create unique index approvals_pending on approvals (ticket_id) where status = 'PENDING';

create table schedule_options (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    proposal_id blob not null,
    position integer not null,
    starts_at integer not null,
    ends_at integer not null,
    source text not null,
    created_at integer not null,
    -- No longer on offer since.
    closed_at integer,
    check (starts_at < ends_at)
) strict;
create index schedule_options_by_ticket on schedule_options (ticket_id, position) where closed_at is null;

create table schedule_holds (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    reason text not null,
    held_state text not null,
    held_start integer,
    held_end integer,
    confirm_from integer not null,
    confirm_until integer not null,
    status text not null,
    created_by blob not null,
    created_at integer not null,
    settled_at integer
) strict;
create index schedule_holds_by_ticket on schedule_holds (ticket_id, id);
create unique index schedule_holds_active on schedule_holds (ticket_id) where status = 'ACTIVE';

create table appointments (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    technician_id blob,
    vendor_id blob,
    starts_at integer not null,
    ends_at integer not null,
    status text not null,
    confirmation_method text,
    confirmed_by blob,
    created_at integer not null,
    updated_at integer not null,
    check (starts_at < ends_at)
) strict;
create index appointments_by_ticket on appointments (ticket_id, id);
create unique index appointments_live on appointments (ticket_id) where status in ('TENTATIVE', 'CONFIRMED');
create index appointments_by_technician on appointments (technician_id, starts_at) where technician_id is not null;

create table recommendation_snapshots (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    requested_by blob not null,
    service_type text not null,
    wanted integer not null,
    window_start integer not null,
    window_end integer not null,
    candidates text not null,
    recommended_tech_id blob not null,
    created_at integer not null
) strict;
create index recommendation_snapshots_by_ticket on recommendation_snapshots (ticket_id, id);

create table performer_rejections (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    technician_id blob,
    vendor_id blob,
    reason text not null,
    created_at integer not null
) strict;
create index performer_rejections_by_ticket on performer_rejections (ticket_id, id);

create table contact_attempts (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    attempted_at integer not null,
    method text not null,
    outcome text,
    actor_id blob not null,
    created_at integer not null
) strict;
create index contact_attempts_by_ticket on contact_attempts (ticket_id, id);

create table evidence_items (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    kind text not null,
    evidence_key text,
    uri text not null,
    checksum text,
    size_bytes integer,
    content_type text,
    -- Mark of the object's version in the store.
    etag text,
    metadata text not null,
    created_by blob not null,
    created_by_role text not null,
    created_at integer not null,
    -- Set once, by verification.
    immutable_at integer,
    immutable_by blob,
    immutable_reason text
) strict;
create index evidence_items_by_ticket on evidence_items (ticket_id, id);

create table evidence_exceptions (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    evidence_keys text not null,
    reason text not null,
    granted_by blob not null,
    granted_by_role text not null,
    expires_at integer not null,
    created_at integer not null
) strict;
create index evidence_exceptions_by_ticket on evidence_exceptions (ticket_id, id);

create table completions (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    command text not null,
    checklist text not null,
    no_signature_reason text,
    evidence_refs text,
    notes text,
    gate_result text not null,
    actor_id blob not null,
    actor_role text not null,
    created_at integer not null
) strict;
create index completions_by_ticket on completions (ticket_id, id);

create table verifications (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    result text not null,
    notes text,
    looked_at integer not null,
    actor_id blob not null,
    actor_role text not null,
    created_at integer not null
) strict;
create index verifications_by_ticket on verifications (ticket_id, id);

create table closeout_artifacts (
    ticket_id blob not null references tickets (id),
    kind text not null,
    hash text not null,
    payload text not null,
    created_at integer not null,
    primary key (ticket_id, kind)
) strict;

create table ticket_services (
    ticket_id blob not null references tickets (id),
    position integer not null,
    service_id blob not null,
    -- Quantity in hundredths.
    qty_hundredths integer not null,
    unit_price_cents integer not null,
    created_at integer not null,
    primary key (ticket_id, position)
) strict;

create table invoices (
    id blob primary key,
    ticket_id blob not null references tickets (id),
    account_id blob not null references accounts (id),
    state text not null,
    currency text not null,
    bill_to text not null,
    memo text,
    terms_days integer not null,
    subtotal_cents integer not null,
    tax_cents integer not null,
    shipping_cents integer not null,
    total_cents integer not null,
    approved_by blob,
    approved_by_role text,
    approved_by_type text,
    approved_at integer,
    due_on integer,
    voided_at integer,
    paid_at integer,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    -- Only a person with the money in hand approves. Source: domain, invariants.
    check (
        state in ('PENDING_APPROVAL', 'VOIDED')
        or (approved_by is not null and approved_by_type = 'HUMAN' and approved_by_role in ('finance', 'admin'))
    )
) strict;
create index invoices_by_ticket on invoices (ticket_id, id);
create unique index invoices_live on invoices (ticket_id) where state <> 'VOIDED';
create index invoices_by_state on invoices (state, id);

create table invoice_lines (
    invoice_id blob not null references invoices (id),
    position integer not null,
    service_id blob,
    description text not null,
    qty_hundredths integer not null,
    unit_price_cents integer not null,
    amount_cents integer not null,
    tax_code text not null,
    -- In thousandths of a percent: 14.975 % is 14975; null when the code is none.
    tax_rate_millipercent integer,
    tax_cents integer not null,
    primary key (invoice_id, position)
) strict;

create table autonomy_controls (
    scope text not null,
    -- Empty for GLOBAL.
    control_key text not null,
    is_paused integer not null,
    reason text not null,
    actor_id blob not null,
    updated_at integer not null,
    primary key (scope, control_key)
) strict;

create table autonomy_history (
    id blob primary key,
    scope text not null,
    control_key text not null,
    is_paused integer not null,
    reason text not null,
    actor_id blob not null,
    actor_role text not null,
    created_at integer not null
) strict;
create index autonomy_history_by_control on autonomy_history (scope, control_key, id);

-- What has happened stays as it is.
create trigger audit_events_no_update before update on audit_events begin
    select raise(abort, 'audit_events is append-only');
end;
create trigger audit_events_no_delete before delete on audit_events begin
    select raise(abort, 'audit_events is append-only');
end;
create trigger ticket_state_transitions_no_update before update on ticket_state_transitions begin
    select raise(abort, 'ticket_state_transitions is append-only');
end;
create trigger ticket_state_transitions_no_delete before delete on ticket_state_transitions begin
    select raise(abort, 'ticket_state_transitions is append-only');
end;
create trigger recommendation_snapshots_no_update before update on recommendation_snapshots begin
    select raise(abort, 'recommendation_snapshots is append-only');
end;
create trigger recommendation_snapshots_no_delete before delete on recommendation_snapshots begin
    select raise(abort, 'recommendation_snapshots is append-only');
end;
create trigger performer_rejections_no_update before update on performer_rejections begin
    select raise(abort, 'performer_rejections is append-only');
end;
create trigger performer_rejections_no_delete before delete on performer_rejections begin
    select raise(abort, 'performer_rejections is append-only');
end;
create trigger contact_attempts_no_update before update on contact_attempts begin
    select raise(abort, 'contact_attempts is append-only');
end;
create trigger contact_attempts_no_delete before delete on contact_attempts begin
    select raise(abort, 'contact_attempts is append-only');
end;
create trigger evidence_exceptions_no_update before update on evidence_exceptions begin
    select raise(abort, 'evidence_exceptions is append-only');
end;
create trigger evidence_exceptions_no_delete before delete on evidence_exceptions begin
    select raise(abort, 'evidence_exceptions is append-only');
end;
create trigger completions_no_update before update on completions begin
    select raise(abort, 'completions is append-only');
end;
create trigger completions_no_delete before delete on completions begin
    select raise(abort, 'completions is append-only');
end;
create trigger verifications_no_update before update on verifications begin
    select raise(abort, 'verifications is append-only');
end;
create trigger verifications_no_delete before delete on verifications begin
    select raise(abort, 'verifications is append-only');
end;
create trigger closeout_artifacts_no_update before update on closeout_artifacts begin
    select raise(abort, 'closeout_artifacts is append-only');
end;
create trigger closeout_artifacts_no_delete before delete on closeout_artifacts begin
    select raise(abort, 'closeout_artifacts is append-only');
end;
create trigger autonomy_history_no_update before update on autonomy_history begin
    select raise(abort, 'autonomy_history is append-only');
end;
create trigger autonomy_history_no_delete before delete on autonomy_history begin
    select raise(abort, 'autonomy_history is append-only');
end;
create trigger evidence_items_no_delete before delete on evidence_items begin
    select raise(abort, 'evidence is append-only');
end;
create trigger evidence_items_frozen before update on evidence_items
when old.immutable_at is not null or new.uri <> old.uri or new.kind <> old.kind begin
    select raise(abort, 'evidence is append-only');
end;
