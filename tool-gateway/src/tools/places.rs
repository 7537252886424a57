//! Places, things and kinds of incidents: what an assistant has to know to record a ticket well.

use patchbay_core::ids::{AssetId, SiteId};
use patchbay_store::incident_templates::{self, IncidentTemplateFilter};
use patchbay_store::{assets, sites};
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

/// Most kinds of incidents of an answer.
const MOST: i64 = 50;

impl Gateway {
    pub(crate) async fn read_site(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let absent = || Refusal::not_found("site").at("site_id");
        let id: SiteId = call.arguments["site_id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(absent)?;
        let site = sites::by_id(&mut self.hub.db.read().await?, id).await?.ok_or_else(absent)?;
        let may_touch = call.scene.ctx.actor.may_touch(site.account_id, site.id);
        if !may_touch || !call.scene.owns(site.account_id) {
            return Err(absent());
        }
        Ok(Outcome::of(json!({
            "site_id": site.id, "account_id": site.account_id, "code": site.code, "name": site.name, "city": site.city,
            "region": site.region, "country": site.country, "timezone": site.timezone, "hours": site.hours,
            "untrusted": ["name"],
        })))
    }

    pub(crate) async fn read_asset(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let absent = || Refusal::not_found("asset").at("asset_id");
        let id: AssetId = call.arguments["asset_id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(absent)?;
        let asset = assets::by_id(&mut self.hub.db.read().await?, id).await?.ok_or_else(absent)?;
        if !call.scene.owns(asset.account_id) {
            return Err(absent());
        }
        Ok(Outcome::of(json!({
            "asset_id": asset.id, "account_id": asset.account_id, "site_id": asset.site_id, "kind": asset.kind,
            "tag": asset.tag, "make": asset.make, "model": asset.model, "year": asset.year, "vin": asset.vin,
            "stock_no": asset.stock_no, "serial": asset.serial, "warranty_end": asset.warranty_end,
            "untrusted": ["tag", "make", "model", "serial"],
        })))
    }

    pub(crate) async fn list_templates(&self) -> Result<Outcome, Refusal> {
        let filter = IncidentTemplateFilter { incident_type: None, active: Some(true), text: None };
        let rows = incident_templates::page(&mut self.hub.db.read().await?, &filter, None, MOST).await?;
        let shown: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({
                    "incident_type": row.incident_type, "version": row.version, "default_priority": row.default_priority,
                    "required_intake_fields": row.required_intake_fields,
                    "required_evidence_keys": row.required_evidence_keys,
                    "required_checklist_keys": row.required_checklist_keys, "high_risk": row.high_risk,
                })
            })
            .collect();
        Ok(Outcome::of(json!({"templates": shown})))
    }
}
