//! `POST /api/v1/ranking-rules/dry-run`: how a message would rank as a ticket, without a ticket. It ranks by the function
//! that ranks tickets; what differs is only that nobody has said yet what the message is about.

use axum::Json;
use axum::extract::State;
use patchbay_core::catalog::ServiceStatus;
use patchbay_core::ids::{AssetId, ServiceId, SiteId};
use patchbay_core::place::PlaceStatus;
use patchbay_core::ticket::Urgency;
use patchbay_core::ticket::create::AUDIT_FLAG;
use patchbay_core::ticket::ranking::{self, Ranking, Subject};
use patchbay_core::ticket::reading;
use patchbay_dispatch::ranking_rule;
use patchbay_http::{ApiError, Body, Caller};
use patchbay_store::ranking_rules::{self, RankingRuleRow};
use patchbay_store::services::{self, ServiceFilter, ServiceRow};
use patchbay_store::sites::{self, SiteForTicket};
use patchbay_store::{Tx, assets};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{NewRule, new_row};
use crate::catalog::named_services;
use crate::error::HubError;
use crate::resource::require_catalog_keeper;
use crate::state::Hub;

/// Longest message that is tried.
const MOST_CHARS: usize = 10_000;
/// How many services of the catalog are read at a time, and of how many the names are looked for in a message.
const PAGE: i64 = 200;
const MOST_NAMED: usize = 2_000;

/// A message, and what a ticket made of it would carry.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = RankingDryRun)]
#[serde(deny_unknown_fields)]
pub(in crate::catalog) struct DryRun {
    /// What the customer writes.
    text: String,
    /// The site the ticket would be for.
    site_id: Uuid,
    /// The services it would be about; when missing, those of the catalog whose name or code stands in the text.
    #[schema(value_type = Option<Vec<Uuid>>)]
    service_ids: Option<Vec<ServiceId>>,
    /// What the work would be done on; its make counts.
    asset_id: Option<Uuid>,
    /// The make of the vehicle, where there is no asset; when missing, the makes that stand in the text.
    vehicle_make: Option<String>,
    /// How urgent the requester finds it; `MEDIUM` when missing, as on a ticket.
    #[schema(value_type = Option<String>)]
    urgency: Option<Urgency>,
    /// A rule that is not saved, tried alone instead of those in force.
    rule: Option<NewRule>,
}

/// How it would rank.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RankingDryRunAnswer)]
pub(in crate::catalog) struct DryRunBody {
    /// Whether a rule that people keep applies.
    matched: bool,
    /// Those that apply, in order.
    rules: Vec<MatchedRule>,
    /// How urgent the ticket would be.
    urgency: &'static str,
    /// Its score.
    ranking_score: i64,
    /// What would stand on the ticket, in order: the rules that apply, and what always counts.
    applied_rules: Vec<String>,
    /// Whether a person would have to look before it is sent out.
    needs_manual_review: bool,
    /// Why.
    review_reasons: Vec<String>,
    /// What was ranked: as asked for, or as read in the text.
    subject: RankedSubject,
}

/// A rule that applies, and what it does.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::catalog) struct MatchedRule {
    /// The rule; null when it is not saved.
    id: Option<Uuid>,
    /// What it is for.
    name: String,
    /// Raises the urgency to this.
    target_urgency: &'static str,
    /// Adds this to the score.
    ranking_score: i64,
}

/// What was ranked.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::catalog) struct RankedSubject {
    /// How urgent the requester finds it.
    urgency: &'static str,
    /// The make of the vehicle.
    vehicle_make: Option<String>,
    /// The services.
    services: Vec<NamedService>,
}

/// A service.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::catalog) struct NamedService {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
}

/// Says how a message would rank as a ticket. Nothing is stored. Admins and supervisors only.
#[utoipa::path(post, path = "/api/v1/ranking-rules/dry-run", tag = "catalog", request_body = DryRun,
    responses((status = 200, body = DryRunBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(in crate::catalog) async fn dry_run(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(body): Body<DryRun>,
) -> Result<Json<DryRunBody>, HubError> {
    require_catalog_keeper(&ctx)?;
    if body.text.chars().count() > MOST_CHARS {
        return Err(ApiError::invalid("text", format!("at most {MOST_CHARS} characters")).into());
    }
    let draft = body.rule.map(|rule| new_row(&ctx, rule)).transpose()?;
    let mut tx = hub.db.read().await?;
    let place = place(&mut tx, SiteId(body.site_id)).await?;
    let rules = match &draft {
        Some(rule) => vec![rule.clone()],
        None => ranking_rules::active(&mut tx).await?,
    };
    let make = match (body.asset_id, body.vehicle_make) {
        (Some(asset), _) => make_of(&mut tx, AssetId(asset), &place).await?,
        (None, Some(make)) => Some(make).filter(|make| !make.trim().is_empty()),
        (None, None) => {
            let mut known: Vec<&str> = ranking::known_makes().collect();
            known.extend(rules.iter().filter_map(|rule| rule.vehicle_make.as_deref()));
            reading::makes(&body.text, known.into_iter())
        }
    };
    let named = match body.service_ids {
        Some(ids) => {
            named_services::check(&ids)?;
            named_services::in_use(&mut tx, &ids).await?
        }
        None => named_in(&mut tx, &body.text).await?,
    };
    let ids: Vec<ServiceId> = named.iter().map(|service| service.id).collect();
    let urgency = body.urgency.unwrap_or(Urgency::Medium);
    let subject = Subject { urgency, make: make.as_deref(), site: place.facts.site_id, services: &ids };
    let ranking = ranking::rank(&subject, &rules.iter().cloned().map(ranking_rule).collect::<Vec<_>>());
    Ok(Json(DryRunBody {
        matched: !ranking.rules.is_empty(),
        rules: matched(&ranking, &rules, draft.as_ref()),
        urgency: ranking.urgency.as_str(),
        ranking_score: ranking.score,
        needs_manual_review: place.facts.is_audit_flagged || !ranking.reasons.is_empty(),
        review_reasons: place
            .facts
            .is_audit_flagged
            .then(|| AUDIT_FLAG.to_owned())
            .into_iter()
            .chain(ranking.reasons)
            .collect(),
        applied_rules: ranking.applied,
        subject: RankedSubject {
            urgency: urgency.as_str(),
            vehicle_make: make,
            services: named.into_iter().map(|row| NamedService { id: row.id.into(), name: row.name }).collect(),
        },
    }))
}

fn matched(ranking: &Ranking, rules: &[RankingRuleRow], draft: Option<&RankingRuleRow>) -> Vec<MatchedRule> {
    let of = |id| rules.iter().find(|rule| rule.id == id);
    ranking
        .rules
        .iter()
        .filter_map(|id| of(*id))
        .map(|rule| MatchedRule {
            id: draft.is_none().then(|| rule.id.into()),
            name: rule.description.clone(),
            target_urgency: rule.target_urgency.as_str(),
            ranking_score: rule.ranking_score,
        })
        .collect()
}

/// The site, if tickets can be made for it.
async fn place(tx: &mut Tx, site: SiteId) -> Result<SiteForTicket, HubError> {
    let found = sites::for_ticket(tx, site).await?;
    let place = found.ok_or_else(|| ApiError::invalid("site_id", "there is no such site"))?;
    if place.status != PlaceStatus::Active {
        return Err(ApiError::invalid("site_id", "the site takes no new work").into());
    }
    Ok(place)
}

/// The make of an asset of the account that is at the site, or nowhere in particular.
async fn make_of(tx: &mut Tx, asset: AssetId, place: &SiteForTicket) -> Result<Option<String>, HubError> {
    let found = assets::by_id(tx, asset).await?.filter(|row| {
        row.account_id == place.facts.account_id && row.site_id.is_none_or(|site| site == place.facts.site_id)
    });
    Ok(found.ok_or_else(|| ApiError::invalid("asset_id", "there is no such asset"))?.make)
}

/// The services of the catalog whose name or code stands in the text.
async fn named_in(tx: &mut Tx, text: &str) -> Result<Vec<ServiceRow>, HubError> {
    let message = reading::Message::of(text);
    let filter = ServiceFilter { status: Some(ServiceStatus::Active), category: None, text: None };
    let (mut named, mut after, mut read) = (Vec::new(), None, 0);
    loop {
        let page = services::page(tx, &filter, after, PAGE).await?;
        let (last, count) = (page.last().map(|row| row.id), page.len());
        named.extend(page.into_iter().filter(|row| message.names(&row.name) || message.names(&row.code)));
        read += count;
        if count < usize::try_from(PAGE).unwrap_or(usize::MAX) || read >= MOST_NAMED {
            named.truncate(named_services::MOST);
            return Ok(named);
        }
        after = last;
    }
}
