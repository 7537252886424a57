//! The demo's zones, services, technicians and vendors, and how a dealership's engines rank.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::catalog::ServiceStatus;
use patchbay_core::hours::Shift;
use patchbay_core::ids::{RankingRuleId, ServiceId, SiteId, TechnicianId, VendorId, ZoneId};
use patchbay_core::place::PlaceStatus;
use patchbay_core::technician::{Availability, TechnicianStatus};
use patchbay_core::ticket::Urgency;
use patchbay_store::ranking_rules::{self, RankingRuleRow};
use patchbay_store::services::{self, ServiceRow};
use patchbay_store::sites::{self, SiteFilter};
use patchbay_store::technicians::{self, Technician, TechnicianRow};
use patchbay_store::vendors::{self, Vendor, VendorRow};
use patchbay_store::zones::{self, ZoneRow};
use patchbay_store::{StoreError, Tx};
use serde_json::json;
use uuid::Uuid;

use super::demo_places::YARD;

/// Zone, which is also the city of its sites; the middle of it; its place in the dispatcher's queue.
const ZONES: [(&str, f64, f64, i64); 4] = [
    ("Halifax", 44.6488, -63.5752, 100),
    ("Moncton", 46.0878, -64.7782, 200),
    ("Ottawa", 45.4215, -75.6972, 300),
    ("Kingston", 44.2312, -76.4860, 400),
];

/// Code, name, price in cents, category, skill and minutes.
const SERVICES: [(&str, &str, i64, &str, &str, i64); 5] = [
    ("DOOR-ADJ", "Adjust a door", 14_500, "doors", "doors", 60),
    ("LOCK-REP", "Replace a lock", 18_000, "lock", "locks", 90),
    ("HVAC-CHK", "Check the heating", 16_000, "hvac", "hvac", 90),
    ("PLUMB-FIX", "Repair a leak", 15_500, "plumbing", "plumbing", 120),
    ("ELEC-CHK", "Check the wiring", 17_000, "electrical", "electrical", 120),
];

/// The service that the dealership's ranking rule looks for.
const ENGINES: (&str, &str, i64, &str, &str, i64) = ("ENG-DIAG", "Engine diagnosis", 19_500, "vehicle", "DEFAULT", 60);

/// Name, telephone, skills, zones.
const TECHNICIANS: [(&str, &str, &[&str], &[&str]); 3] = [
    ("Tess Tanner", "+15550103001", &["DEFAULT"], &["Halifax", "Moncton"]),
    ("Omar Ortiz", "+15550103002", &["DEFAULT"], &["Ottawa", "Kingston"]),
    ("Lena Lowe", "+15550103003", &["doors", "locks"], &["Halifax", "Moncton", "Ottawa", "Kingston"]),
];

/// Name, telephone, specialties, priority.
const VENDORS: [(&str, &str, &[&str], i64); 2] = [
    ("Harbor Plumbing", "+15550104001", &["plumbing", "hvac"], 1),
    ("Brightline Electric", "+15550104002", &["electrical", "lock"], 2),
];

/// Adds all of it, unless the first service is there.
pub(super) async fn seed_directory(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    if services::by_code(tx, SERVICES[0].0).await?.is_some() {
        return Ok(());
    }
    let zones = seed_zones(tx, now).await?;
    for service in SERVICES {
        services::insert(tx, &service_row(service, now)).await?;
    }
    for (name, phone, skills, places) in TECHNICIANS {
        let row = TechnicianRow {
            id: TechnicianId::new(),
            user_id: None,
            name: name.to_owned(),
            phone_e164: Some(phone.to_owned()),
            email: None,
            status: TechnicianStatus::Active,
            availability: Availability::Available,
            priority_rank: 100,
            max_active_jobs: 2,
            home_zone_id: zones.get(places[0]).copied(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let technician = Technician {
            row,
            skills: skills.iter().map(|&skill| skill.to_owned()).collect(),
            zones: places.iter().filter_map(|place| zones.get(place).copied()).collect::<BTreeSet<_>>(),
            hours: working_week(),
        };
        technicians::insert(tx, &technician).await?;
    }
    seed_vendors(tx, now).await
}

/// Adds a rule that ranks the dealership's engines, and the service it looks for, unless that is there.
pub(super) async fn seed_ranking(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    if services::by_code(tx, ENGINES.0).await?.is_some() {
        return Ok(());
    }
    let service = service_row(ENGINES, now);
    services::insert(tx, &service).await?;
    let yard = SiteFilter { accounts: Scope::All, sites: Scope::All, text: Some(YARD.0.to_lowercase()) };
    let Some(yard) = sites::page(tx, &yard, SiteId(Uuid::nil()), 1).await?.pop() else { return Ok(()) };
    let rule = RankingRuleRow {
        id: RankingRuleId::new(),
        description: "Engines of Coastline Motors".to_owned(),
        site_id: Some(yard.id),
        service_id: Some(service.id),
        vehicle_make: None,
        urgency_match: None,
        target_urgency: Urgency::Critical,
        ranking_score: 15,
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    ranking_rules::insert(tx, &rule).await
}

/// The zones by name; sites of the same city lie in them.
async fn seed_zones(tx: &mut Tx, now: DateTime<Utc>) -> Result<BTreeMap<&'static str, ZoneId>, StoreError> {
    let mut made = BTreeMap::new();
    for (name, lat, lon, region_weight) in ZONES {
        let row = ZoneRow {
            id: ZoneId::new(),
            account_id: None,
            name: name.to_owned(),
            description: Some(format!("{name} and around it")),
            centroid_lat: Some(lat),
            centroid_lon: Some(lon),
            radius_km: Some(25.0),
            region_weight,
            status: PlaceStatus::Active,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        zones::insert(tx, &row).await?;
        made.insert(name, row.id);
        let filter = SiteFilter { accounts: Scope::All, sites: Scope::All, text: Some(name.to_lowercase()) };
        for mut site in sites::page(tx, &filter, SiteId(Uuid::nil()), 100).await? {
            if site.city == name && site.zone_id.is_none() {
                site.zone_id = Some(row.id);
                site.updated_at = now;
                sites::update(tx, &site).await?;
            }
        }
    }
    Ok(made)
}

async fn seed_vendors(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    for (name, phone, specialties, priority) in VENDORS {
        let row = VendorRow {
            id: VendorId::new(),
            name: name.to_owned(),
            email: None,
            hours: json!(working_week()),
            available_24_7: priority == 1,
            priority,
            status: PlaceStatus::Active,
            last_offered_at: None,
            consecutive_declines: 0,
            notes: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let specialties = specialties.iter().map(|&word| word.to_owned()).collect();
        vendors::insert(tx, &Vendor { row, phones: vec![phone.to_owned()], specialties }).await?;
    }
    Ok(())
}

fn service_row(
    (code, name, base_price_cents, category, skill, minutes): (&str, &str, i64, &str, &str, i64),
    now: DateTime<Utc>,
) -> ServiceRow {
    ServiceRow {
        id: ServiceId::new(),
        code: code.to_owned(),
        name: name.to_owned(),
        base_price_cents,
        currency: "CAD".to_owned(),
        requires_approval: false,
        category: Some(category.to_owned()),
        skill_key: Some(skill.to_owned()),
        default_duration_min: Some(minutes),
        status: ServiceStatus::Active,
        qb_item_id: None,
        tax_code: Some("GST".to_owned()),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Monday to Friday, eight to five.
fn working_week() -> Vec<Shift> {
    let at = |text: &str| text.parse().expect("the text is a time of day");
    (0..5).map(|weekday| Shift { weekday, start: at("08:00"), end: at("17:00"), enabled: true }).collect()
}
