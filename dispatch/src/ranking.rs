//! How tickets rank: the make of the vehicle and the rules that people keep are looked up here, the rule is in core.

use patchbay_core::ids::{AssetId, ServiceId, SiteId};
use patchbay_core::ticket::Urgency;
use patchbay_core::ticket::ranking::{self, Ranking, Rule, Subject};
use patchbay_store::ranking_rules::{self, RankingRuleRow};
use patchbay_store::{StoreError, Tx, assets};

/// Ranks what is asked by the rules that count now.
pub async fn rank(tx: &mut Tx, subject: &Subject<'_>) -> Result<Ranking, StoreError> {
    let rules: Vec<Rule> = ranking_rules::active(tx).await?.into_iter().map(ranking_rule).collect();
    Ok(ranking::rank(subject, &rules))
}

/// The same for work on an asset of ours.
pub(crate) async fn of_asset(
    tx: &mut Tx,
    urgency: Urgency,
    asset: Option<AssetId>,
    site: SiteId,
    services: &[ServiceId],
) -> Result<Ranking, StoreError> {
    let asset = match asset {
        Some(id) => assets::by_id(tx, id).await?,
        None => None,
    };
    let make = asset.as_ref().and_then(|asset| asset.make.as_deref());
    rank(tx, &Subject { urgency, make, site, services }).await
}

/// A rule as it ranks.
pub fn ranking_rule(row: RankingRuleRow) -> Rule {
    Rule {
        id: row.id,
        description: row.description,
        site_id: row.site_id,
        service_id: row.service_id,
        vehicle_make: row.vehicle_make,
        urgency_match: row.urgency_match,
        target_urgency: row.target_urgency,
        ranking_score: row.ranking_score,
    }
}
