//! The demo's accounts and sites.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, SiteId};
use patchbay_core::place::{PlaceStatus, SlaTier};
use patchbay_core::ticket::Profile;
use patchbay_store::accounts::{self, AccountRow};
use patchbay_store::sites::{self, SiteRow};
use patchbay_store::{StoreError, Tx};
use serde_json::json;

/// Account: name, line of business, how fast it is served, its sites.
type Account = (&'static str, Profile, SlaTier, [Site; 2]);
/// Site: code, name, street, city, how to get in.
type Site = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// The dealership's yard that writes to us, by this number.
pub(super) const YARD: (&str, &str) = ("D-005", "+15550101008");

const ACCOUNTS: [Account; 3] = [
    (
        "Northwind Facilities",
        Profile::Facility,
        SlaTier::Priority,
        [
            ("D-001", "Harbor Tower", "12 Harbor Street", "Halifax", "Reception has the keys of the plant room."),
            ("D-002", "Mill Lane Depot", "48 Mill Lane", "Moncton", "Ring at gate 3."),
        ],
    ),
    (
        "Maple Homes",
        Profile::Property,
        SlaTier::Standard,
        [
            ("D-003", "Birch Court", "7 Birch Court", "Ottawa", "The caretaker lives in flat 1."),
            ("D-004", "Lakeview Apartments", "210 Lake Road", "Kingston", "Code lock; ask the tenant to come down."),
        ],
    ),
    (
        "Coastline Motors",
        Profile::Dealership,
        SlaTier::Standard,
        [
            (
                YARD.0,
                "Coastline Motors, Main Yard",
                "300 Shore Road",
                "Halifax",
                "Lots 1 to 8 are behind the workshop.",
            ),
            ("D-006", "Coastline Motors, Moncton", "15 Garage Lane", "Moncton", "Ask at the parts counter."),
        ],
    ),
];

/// Adds accounts whose first site is not there.
pub(super) async fn seed_places(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    for (name, profile, sla_tier, places) in ACCOUNTS {
        if sites::has_code(tx, places[0].0).await? {
            continue;
        }
        let account = AccountRow {
            id: AccountId::new(),
            name: name.to_owned(),
            profile,
            status: PlaceStatus::Active,
            sla_tier,
            default_nte_cents: Some(50_000),
            currency: "CAD".to_owned(),
            locale: "en-CA".to_owned(),
            timezone: "America/Toronto".to_owned(),
            settings: json!({}),
            qb_customer_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        accounts::insert(tx, &account).await?;
        for place in places {
            if !sites::has_code(tx, place.0).await? {
                sites::insert(tx, &site(&account, place, now)).await?;
            }
        }
    }
    Ok(())
}

fn site(account: &AccountRow, (code, name, address1, city, access): Site, now: DateTime<Utc>) -> SiteRow {
    SiteRow {
        id: SiteId::new(),
        account_id: account.id,
        code: code.to_owned(),
        name: name.to_owned(),
        address1: address1.to_owned(),
        address2: None,
        unit: None,
        city: city.to_owned(),
        region: None,
        postal_code: None,
        country: "CA".to_owned(),
        timezone: account.timezone.clone(),
        phone: (code == YARD.0).then(|| YARD.1.to_owned()),
        email: None,
        access_instructions: Some(access.to_owned()),
        hours: None,
        is_audit_flagged: false,
        bill_to: Some(json!({ "name": account.name, "address1": address1, "city": city, "country": "CA" })),
        zone_id: None,
        exclusive_technician_id: None,
        status: PlaceStatus::Active,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
