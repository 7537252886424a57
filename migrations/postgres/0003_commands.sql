-- What the commands of tickets need beside the ticket itself.

alter table tickets add column template_version bigint;
alter table tickets add column risk_flags text not null default '[]';
alter table tickets add column estimate_cents bigint;
alter table tickets add column reviewed_by uuid;
alter table tickets add column accepted_at timestamptz;
alter table tickets add column hold_reason text;
alter table tickets add column held_from_state text;
alter table tickets add column delayed_until timestamptz;
alter table tickets add column escalated_at timestamptz;
alter table tickets add column intake_completed_at timestamptz;
alter table tickets add column invoice_state text not null default 'NOT_STARTED';
-- The clock of the ticket. The target of the template in minutes; when the time is up if the clock does not stand still;
-- since when it does; how long it did, in seconds.
alter table tickets add column sla_minutes bigint;
alter table tickets add column sla_due_at timestamptz not null default '1970-01-01T00:00:00Z';
alter table tickets add column sla_paused_since timestamptz;
alter table tickets add column sla_paused_s bigint not null default 0;
update tickets set sla_due_at = coalesce(scheduled_start, created_at)
    + case priority when 'EMERGENCY' then 60 when 'URGENT' then 240 else 1440 end * interval '1 minute';
create index tickets_by_deadline on tickets (sla_due_at, id) where state not in ('CLOSED', 'CANCELLED');
create index tickets_by_technician on tickets (assigned_tech_id, state) where assigned_tech_id is not null;
create index tickets_by_vendor on tickets (assigned_provider_id, state) where assigned_provider_id is not null;
create index tickets_by_asset on tickets (asset_id, id) where asset_id is not null;

-- Fields of the ticket before and after, without anybody's name or address.
alter table audit_events add column changes text;
create index audit_events_by_account on audit_events (account_id, id);
create index audit_events_refused on audit_events (error_code, created_at) where error_code is not null;

create table approvals (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    approval_type text not null,
    origin text not null,
    return_state text not null,
    status text not null,
    reason text,
    amount_delta_cents bigint,
    evidence_refs text not null,
    requested_by uuid not null,
    requested_by_role text not null,
    requested_by_type text not null,
    requested_at timestamptz not null,
    decided_by uuid,
    decided_by_role text,
    decided_at timestamptz,
    notes text
);
create index approvals_by_ticket on approvals (ticket_id, id);
create unique index approvals_pending on approvals (ticket_id) where status = 'PENDING';

create table schedule_options (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    proposal_id uuid not null,
    position bigint not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    source text not null,
    created_at timestamptz not null,
    -- No longer on offer since.
    closed_at timestamptz,
    check (starts_at < ends_at)
);
create index schedule_options_by_ticket on schedule_options (ticket_id, position) where closed_at is null;

create table schedule_holds (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    reason text not null,
    held_state text not null,
    held_start timestamptz,
    held_end timestamptz,
    confirm_from timestamptz not null,
    confirm_until timestamptz not null,
    status text not null,
    created_by uuid not null,
    created_at timestamptz not null,
    settled_at timestamptz
);
create index schedule_holds_by_ticket on schedule_holds (ticket_id, id);
create unique index schedule_holds_active on schedule_holds (ticket_id) where status = 'ACTIVE';

create table appointments (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    technician_id uuid,
    vendor_id uuid,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    status text not null,
    confirmation_method text,
    confirmed_by uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check (starts_at < ends_at)
);
create index appointments_by_ticket on appointments (ticket_id, id);
create unique index appointments_live on appointments (ticket_id) where status in ('TENTATIVE', 'CONFIRMED');
create index appointments_by_technician on appointments (technician_id, starts_at) where technician_id is not null;

create table recommendation_snapshots (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    requested_by uuid not null,
    service_type text not null,
    wanted bigint not null,
    window_start timestamptz not null,
    window_end timestamptz not null,
    candidates text not null,
    recommended_tech_id uuid not null,
    created_at timestamptz not null
);
create index recommendation_snapshots_by_ticket on recommendation_snapshots (ticket_id, id);

create table performer_rejections (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    technician_id uuid,
    vendor_id uuid,
    reason text not null,
    created_at timestamptz not null
);
create index performer_rejections_by_ticket on performer_rejections (ticket_id, id);

create table contact_attempts (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    attempted_at timestamptz not null,
    method text not null,
    outcome text,
    actor_id uuid not null,
    created_at timestamptz not null
);
create index contact_attempts_by_ticket on contact_attempts (ticket_id, id);

create table evidence_items (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    kind text not null,
    evidence_key text,
    uri text not null,
    checksum text,
    size_bytes bigint,
    content_type text,
    -- Mark of the object's version in the store.
    etag text,
    metadata text not null,
    created_by uuid not null,
    created_by_role text not null,
    created_at timestamptz not null,
    -- Set once, by verification.
    immutable_at timestamptz,
    immutable_by uuid,
    immutable_reason text
);
create index evidence_items_by_ticket on evidence_items (ticket_id, id);

create table evidence_exceptions (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    evidence_keys text not null,
    reason text not null,
    granted_by uuid not null,
    granted_by_role text not null,
    expires_at timestamptz not null,
    created_at timestamptz not null
);
create index evidence_exceptions_by_ticket on evidence_exceptions (ticket_id, id);

create table completions (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    command text not null,
    checklist text not null,
    no_signature_reason text,
    evidence_refs text,
    notes text,
    gate_result text not null,
    actor_id uuid not null,
    actor_role text not null,
    created_at timestamptz not null
);
create index completions_by_ticket on completions (ticket_id, id);

create table verifications (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    result text not null,
    notes text,
    looked_at timestamptz not null,
    actor_id uuid not null,
    actor_role text not null,
    created_at timestamptz not null
);
create index verifications_by_ticket on verifications (ticket_id, id);

create table closeout_artifacts (
    ticket_id uuid not null references tickets (id),
    kind text not null,
    hash text not null,
    payload text not null,
    created_at timestamptz not null,
    primary key (ticket_id, kind)
);

create table ticket_services (
    ticket_id uuid not null references tickets (id),
    position bigint not null,
    service_id uuid not null,
    -- Quantity in hundredths.
    qty_hundredths bigint not null,
    unit_price_cents bigint not null,
    created_at timestamptz not null,
    primary key (ticket_id, position)
);

create table invoices (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    account_id uuid not null references accounts (id),
    state text not null,
    currency text not null,
    bill_to text not null,
    memo text,
    terms_days bigint not null,
    subtotal_cents bigint not null,
    tax_cents bigint not null,
    shipping_cents bigint not null,
    total_cents bigint not null,
    approved_by uuid,
    approved_by_role text,
    approved_by_type text,
    approved_at timestamptz,
    due_on timestamptz,
    voided_at timestamptz,
    paid_at timestamptz,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- Only a person with the money in hand approves. Source: domain, invariants.
    check (
        state in ('PENDING_APPROVAL', 'VOIDED')
        or (approved_by is not null and approved_by_type = 'HUMAN' and approved_by_role in ('finance', 'admin'))
    )
);
create index invoices_by_ticket on invoices (ticket_id, id);
create unique index invoices_live on invoices (ticket_id) where state <> 'VOIDED';
create index invoices_by_state on invoices (state, id);

create table invoice_lines (
    invoice_id uuid not null references invoices (id),
    position bigint not null,
    service_id uuid,
    description text not null,
    qty_hundredths bigint not null,
    unit_price_cents bigint not null,
    amount_cents bigint not null,
    tax_code text not null,
    -- In thousandths of a percent: 14.975 % is 14975; null when the code is none.
    tax_rate_millipercent bigint,
    tax_cents bigint not null,
    primary key (invoice_id, position)
);

create table autonomy_controls (
    scope text not null,
    -- Empty for GLOBAL.
    control_key text not null,
    is_paused boolean not null,
    reason text not null,
    actor_id uuid not null,
    updated_at timestamptz not null,
    primary key (scope, control_key)
);

create table autonomy_history (
    id uuid primary key,
    scope text not null,
    control_key text not null,
    is_paused boolean not null,
    reason text not null,
    actor_id uuid not null,
    actor_role text not null,
    created_at timestamptz not null
);
create index autonomy_history_by_control on autonomy_history (scope, control_key, id);

-- What has happened stays as it is. The owner of the tables could drop these triggers; grant a server that must not
-- the rights to select, insert and update, never to delete from or alter these tables.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger audit_events_append_only before update or delete on audit_events
    for each row execute function refuse_change();
create trigger ticket_state_transitions_append_only before update or delete on ticket_state_transitions
    for each row execute function refuse_change();
create trigger recommendation_snapshots_append_only before update or delete on recommendation_snapshots
    for each row execute function refuse_change();
create trigger performer_rejections_append_only before update or delete on performer_rejections
    for each row execute function refuse_change();
create trigger contact_attempts_append_only before update or delete on contact_attempts
    for each row execute function refuse_change();
create trigger evidence_exceptions_append_only before update or delete on evidence_exceptions
    for each row execute function refuse_change();
create trigger completions_append_only before update or delete on completions
    for each row execute function refuse_change();
create trigger verifications_append_only before update or delete on verifications
    for each row execute function refuse_change();
create trigger closeout_artifacts_append_only before update or delete on closeout_artifacts
    for each row execute function refuse_change();
create trigger autonomy_history_append_only before update or delete on autonomy_history
    for each row execute function refuse_change();

create function refuse_frozen_evidence() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.immutable_at is not null or new.uri <> old.uri or new.kind <> old.kind then
        raise exception 'evidence is append-only' using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger evidence_items_frozen before update or delete on evidence_items
    for each row execute function refuse_frozen_evidence();
revoke update, delete, truncate on audit_events from public;
revoke update, delete, truncate on ticket_state_transitions from public;
revoke update, delete, truncate on recommendation_snapshots from public;
revoke update, delete, truncate on performer_rejections from public;
revoke update, delete, truncate on contact_attempts from public;
revoke update, delete, truncate on evidence_exceptions from public;
revoke update, delete, truncate on completions from public;
revoke update, delete, truncate on verifications from public;
revoke update, delete, truncate on closeout_artifacts from public;
revoke update, delete, truncate on autonomy_history from public;
