//! `/api/v1/ranking-rules`: what ranks tickets beside their urgency.

pub(super) mod dry_run;

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::{RankingRuleId, ServiceId, SiteId};
use patchbay_core::ticket::Urgency;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::ranking_rules::{self, RankingRuleFilter, RankingRuleRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::text::{line, optional_line, within};
use crate::resource::{Edit, Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// A rule that ranks tickets.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RankingRule)]
pub(super) struct RuleBody {
    /// Our id.
    id: Uuid,
    /// What it is for; stands on the tickets it applied to.
    description: String,
    /// Only at this site.
    site_id: Option<Uuid>,
    /// Only with this service.
    service_id: Option<Uuid>,
    /// Only for this make of vehicle.
    vehicle_make: Option<String>,
    /// Only for requests of this urgency.
    urgency_match: Option<&'static str>,
    /// Raises the urgency to this.
    target_urgency: &'static str,
    /// Adds this to the score, -100 to 100.
    ranking_score: i64,
    /// Whether it counts.
    is_active: bool,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which rules to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RuleQuery {
    /// `true`: those that count; `false`: those that do not.
    active: Option<bool>,
    /// Only those of this site.
    site_id: Option<Uuid>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new rule: at least one of site, service and make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRule {
    /// What it is for.
    description: String,
    /// Only at this site.
    site_id: Option<Uuid>,
    /// Only with this service.
    service_id: Option<Uuid>,
    /// Only for this make of vehicle.
    vehicle_make: Option<String>,
    /// Only for requests of this urgency.
    #[schema(value_type = Option<String>)]
    urgency_match: Option<Urgency>,
    /// Raises the urgency to this: `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    #[schema(value_type = String)]
    target_urgency: Urgency,
    /// Adds this to the score, -100 to 100; 10 when missing.
    ranking_score: Option<i64>,
    /// Whether it counts; true when missing.
    is_active: Option<bool>,
}

/// A change of a rule: what is missing stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// What it is for.
    description: Option<String>,
    /// Only at this site.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    site_id: Edit<SiteId>,
    /// Only with this service.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    service_id: Edit<ServiceId>,
    /// Only for this make of vehicle.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    vehicle_make: Edit<String>,
    /// Only for requests of this urgency.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    urgency_match: Edit<Urgency>,
    /// Raises the urgency to this.
    #[schema(value_type = Option<String>)]
    target_urgency: Option<Urgency>,
    /// Adds this to the score, -100 to 100.
    ranking_score: Option<i64>,
    /// Whether it counts.
    is_active: Option<bool>,
}

/// The rules that rank tickets.
pub(super) struct RankingRules;

impl Resource for RankingRules {
    const NAME: &'static str = "ranking_rule";
    type Key = RankingRuleId;
    type Row = RankingRuleRow;
    type Query = RuleQuery;
    type New = NewRule;
    type Change = RuleChange;
    type Body = RuleBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &RuleQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &RankingRuleRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &RuleChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &RankingRuleRow) -> RuleBody {
        let row = row.clone();
        RuleBody {
            id: row.id.into(),
            description: row.description,
            site_id: row.site_id.map(Into::into),
            service_id: row.service_id.map(Into::into),
            vehicle_make: row.vehicle_make,
            urgency_match: row.urgency_match.map(Urgency::as_str),
            target_urgency: row.target_urgency.as_str(),
            ranking_score: row.ranking_score,
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: RuleQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<RankingRuleRow>, HubError> {
        let filter = RankingRuleFilter { active: query.active, site: query.site_id.map(SiteId) };
        Ok(ranking_rules::page(tx, &filter, after.map(RankingRuleId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &RankingRuleId) -> Result<Option<RankingRuleRow>, HubError> {
        Ok(ranking_rules::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewRule) -> Result<RankingRuleRow, HubError> {
        let row = new_row(ctx, new)?;
        ranking_rules::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(_: &mut Tx, _: &Ctx, row: &mut RankingRuleRow, change: RuleChange) -> Result<(), HubError> {
        if let Some(text) = change.description {
            row.description = line("description", &text)?;
        }
        change.site_id.apply(&mut row.site_id, Ok)?;
        change.service_id.apply(&mut row.service_id, Ok)?;
        change.vehicle_make.apply(&mut row.vehicle_make, |text| optional_line("vehicle_make", text))?;
        change.urgency_match.apply(&mut row.urgency_match, Ok)?;
        row.target_urgency = change.target_urgency.unwrap_or(row.target_urgency);
        if let Some(score) = change.ranking_score {
            row.ranking_score = within("ranking_score", score, -100..=100)?;
        }
        row.is_active = change.is_active.unwrap_or(row.is_active);
        Ok(require_condition(row)?)
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut RankingRuleRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        ranking_rules::update(tx, row).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut RankingRuleRow) -> bool {
        std::mem::replace(&mut row.is_active, false)
    }
}

/// A new rule as it would be stored.
fn new_row(ctx: &Ctx, new: NewRule) -> Result<RankingRuleRow, ApiError> {
    let row = RankingRuleRow {
        id: RankingRuleId::new(),
        description: line("description", &new.description)?,
        site_id: new.site_id.map(SiteId),
        service_id: new.service_id.map(ServiceId),
        vehicle_make: optional_line("vehicle_make", new.vehicle_make)?,
        urgency_match: new.urgency_match,
        target_urgency: new.target_urgency,
        ranking_score: within("ranking_score", new.ranking_score.unwrap_or(10), -100..=100)?,
        is_active: new.is_active.unwrap_or(true),
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    require_condition(&row)?;
    Ok(row)
}

/// A rule without a condition would move every ticket.
fn require_condition(row: &RankingRuleRow) -> Result<(), ApiError> {
    if row.site_id.is_none() && row.service_id.is_none() && row.vehicle_make.is_none() {
        return Err(ApiError::invalid("site_id", "one of site_id, service_id and vehicle_make is needed"));
    }
    Ok(())
}

endpoints! {
    RankingRules at "/api/v1/ranking-rules" and "/api/v1/ranking-rules/{id}" tagged "catalog", named by Uuid;
    /// The rules that rank tickets, in the order they apply.
    list RuleQuery;
    /// Makes a rule. Admins and supervisors only.
    create NewRule;
    /// One rule.
    read RuleBody;
    /// Changes a rule; tickets are ranked by it from then on. Admins and supervisors only.
    change by patch RuleChange;
    /// Switches a rule off. Admins and supervisors only.
    deactivate;
}
