-- The directory: what the rules of tickets ask about. Zones, the catalog of services, technicians and vendors, assets,
-- incident templates and ranking rules; every list of words is a table of links or a JSON array.

create table zones (
    id blob primary key,
    account_id blob references accounts (id),
    name text not null,
    description text,
    centroid_lat real,
    centroid_lon real,
    radius_km real,
    region_weight integer not null,
    status text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index zones_of_accounts on zones (account_id, name) where account_id is not null;
create unique index zones_global on zones (name) where account_id is null;

create table services (
    id blob primary key,
    code text not null unique,
    name text not null,
    base_price_cents integer not null,
    currency text not null,
    requires_approval integer not null,
    category text,
    skill_key text,
    default_duration_min integer,
    status text not null,
    qb_item_id text unique,
    tax_code text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table technicians (
    id blob primary key,
    user_id blob unique references users (id),
    name text not null,
    phone_e164 text unique,
    email text,
    status text not null,
    availability text not null,
    priority_rank integer not null,
    max_active_jobs integer not null,
    home_zone_id blob references zones (id),
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- A service asks for a skill; the skill DEFAULT answers every service.
create table technician_skills (
    technician_id blob not null references technicians (id),
    skill_key text not null,
    primary key (technician_id, skill_key)
) strict;
create index technician_skills_by_key on technician_skills (skill_key, technician_id);

create table technician_zones (
    technician_id blob not null references technicians (id),
    zone_id blob not null references zones (id),
    primary key (technician_id, zone_id)
) strict;
create index technician_zones_by_zone on technician_zones (zone_id, technician_id);

-- Weekday 0 is Monday; minutes count from midnight at the place of the work.
create table working_hours (
    technician_id blob not null references technicians (id),
    weekday integer not null check (weekday between 0 and 6),
    start_minute integer not null check (start_minute between 0 and 1439),
    end_minute integer not null check (end_minute between 1 and 1440),
    enabled integer not null,
    primary key (technician_id, weekday, start_minute),
    check (start_minute < end_minute)
) strict;

create table time_off (
    id blob primary key,
    technician_id blob not null references technicians (id),
    starts_at integer not null,
    ends_at integer not null,
    kind text not null,
    note text,
    cancelled_at integer,
    created_by blob not null,
    created_at integer not null,
    check (starts_at < ends_at)
) strict;
create index time_off_by_technician on time_off (technician_id, ends_at);

create table vendors (
    id blob primary key,
    name text not null,
    email text,
    hours text not null,
    available_24_7 integer not null,
    priority integer not null,
    status text not null,
    last_offered_at integer,
    consecutive_declines integer not null,
    notes text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- In the order in which they are tried.
create table vendor_phones (
    vendor_id blob not null references vendors (id),
    position integer not null,
    phone text not null,
    primary key (vendor_id, position)
) strict;
create index vendor_phones_by_phone on vendor_phones (phone);

create table vendor_specialties (
    vendor_id blob not null references vendors (id),
    specialty text not null,
    primary key (vendor_id, specialty)
) strict;
create index vendor_specialties_by_specialty on vendor_specialties (specialty, vendor_id);

create table assets (
    id blob primary key,
    account_id blob not null references accounts (id),
    site_id blob references sites (id),
    kind text not null,
    tag text,
    make text,
    model text,
    year integer,
    vin text,
    stock_no text,
    serial text,
    install_date text,
    warranty_end text,
    metadata text not null,
    status text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index assets_by_account_vin on assets (account_id, vin) where vin is not null;
create index assets_by_vin on assets (vin);
create index assets_by_site on assets (site_id, id);

-- A row is never changed but for its active flag: a change is a new version. The latest active one wins.
create table incident_templates (
    id blob primary key,
    incident_type text not null,
    version integer not null,
    required_evidence_keys text not null,
    required_checklist_keys text not null,
    default_priority text not null,
    sla_minutes integer,
    default_nte_cents integer,
    high_risk integer not null,
    required_intake_fields text not null,
    active integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (incident_type, version)
) strict;

create table ranking_rules (
    id blob primary key,
    description text not null,
    site_id blob references sites (id),
    service_id blob references services (id),
    vehicle_make text,
    urgency_match text,
    target_urgency text not null,
    ranking_score integer not null check (ranking_score between -100 and 100),
    is_active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    check (site_id is not null or service_id is not null or vehicle_make is not null)
) strict;

alter table sites add column zone_id blob references zones (id);
-- The one technician that a site accepts.
alter table sites add column exclusive_technician_id blob references technicians (id);
alter table accounts add column qb_customer_id text;

-- What every installation knows from the start. Source: domain, evidence and closeout gate.
insert into incident_templates (id, incident_type, version, required_evidence_keys, required_checklist_keys,
    default_priority, sla_minutes, default_nte_cents, high_risk, required_intake_fields, active, created_at, updated_at)
values
    (x'0190c8a0e5d070008000000000000001', 'DOOR_WONT_LATCH', 1,
     '["before_photo_latch","after_photo_latch","note_latch_adjustment","signature_or_no_signature_reason"]',
     '["work_performed","parts_used_or_needed","resolution_status","onsite_photos_after","billing_authorization"]',
     'ROUTINE', null, null, 0, '["summary","incident_type","priority"]', 1, 1767225600000000, 1767225600000000),
    (x'0190c8a0e5d070008000000000000002', 'CLOSER_LEAKING_OR_SLAMMING', 1,
     '["before_photo_closer","after_photo_closer","note_closer_adjustment","signature_or_no_signature_reason"]',
     '["work_performed","parts_used_or_needed","resolution_status","onsite_photos_after","billing_authorization"]',
     'ROUTINE', null, null, 0, '["summary","incident_type","priority"]', 1, 1767225600000000, 1767225600000000),
    (x'0190c8a0e5d070008000000000000003', 'AUTO_OPERATOR_FAULT', 1,
     '["before_photo_operator","after_photo_operator","note_operator_safety_test","signature_or_no_signature_reason"]',
     '["work_performed","parts_used_or_needed","resolution_status","onsite_photos_after","billing_authorization"]',
     'URGENT', null, null, 1, '["summary","incident_type","priority"]', 1, 1767225600000000, 1767225600000000),
    (x'0190c8a0e5d070008000000000000004', 'CANNOT_SECURE_ENTRY', 1,
     '["before_photo_entry","after_photo_entry_secured","note_security_restored","signature_or_no_signature_reason"]',
     '["work_performed","parts_used_or_needed","resolution_status","onsite_photos_after","billing_authorization"]',
     'EMERGENCY', null, null, 1, '["summary","incident_type","priority"]', 1, 1767225600000000, 1767225600000000),
    (x'0190c8a0e5d070008000000000000005', 'HARDWARE_REPLACEMENT', 1,
     '["before_photo_hardware","after_photo_hardware","note_parts_installed","signature_or_no_signature_reason"]',
     '["work_performed","parts_used_or_needed","resolution_status","onsite_photos_after","billing_authorization"]',
     'ROUTINE', null, null, 0, '["summary","incident_type","priority"]', 1, 1767225600000000, 1767225600000000),
    (x'0190c8a0e5d070008000000000000006', 'FRAME_OR_GLASS_DAMAGE', 1,
     '["before_photo_damage","after_photo_damage","note_area_made_safe","signature_or_no_signature_reason"]',
     '["work_performed","parts_used_or_needed","resolution_status","onsite_photos_after","billing_authorization"]',
     'URGENT', null, null, 1, '["summary","incident_type","priority"]', 1, 1767225600000000, 1767225600000000),
    (x'0190c8a0e5d070008000000000000007', 'GENERIC_REPAIR', 1,
     '["photo_after","note_work_done","signature_or_no_signature_reason"]',
     '["work_performed","parts_used_or_needed","resolution_status","onsite_photos_after","billing_authorization"]',
     'ROUTINE', null, null, 0, '["summary","incident_type","priority"]', 1, 1767225600000000, 1767225600000000),
    (x'0190c8a0e5d070008000000000000008', 'VEHICLE_SERVICE', 1,
     '["photo_vehicle_id","note_work_done","signature_or_no_signature_reason"]',
     '["work_performed","parts_used_or_needed","resolution_status","onsite_photos_after","billing_authorization"]',
     'ROUTINE', null, null, 0, '["summary","incident_type","priority"]', 1, 1767225600000000, 1767225600000000);
