//! What tickets of the matrix are about.

use patchbay_core::catalog::ServiceStatus;
use patchbay_core::ids::ServiceId;
use patchbay_store::services::{self, ServiceRow};
use serde_json::{Value, json};

use crate::tests::App;

impl App {
    /// What is said when the work is done.
    pub(super) fn completion(&self) -> Value {
        json!({
            "checklist_status": {
                "work_performed": "latch adjusted", "parts_used_or_needed": "none", "resolution_status": "resolved",
                "onsite_photos_after": true, "billing_authorization": true,
            },
            "no_signature_reason": "nobody was on site to sign",
        })
    }

    /// A service of the catalogue.
    pub(super) async fn service(&self) -> ServiceId {
        let (id, now) = (ServiceId::new(), self.now());
        let service = ServiceRow {
            id,
            code: format!("LATCH-{}", id.0.simple()),
            name: "Adjust a latch".into(),
            base_price_cents: 9_000,
            currency: "USD".into(),
            requires_approval: false,
            category: None,
            skill_key: None,
            default_duration_min: None,
            status: ServiceStatus::Active,
            qb_item_id: None,
            tax_code: Some("GST".into()),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.begin().await.expect("begins");
        services::insert(&mut tx, &service).await.expect("a service");
        tx.commit().await.expect("commits");
        id
    }
}
