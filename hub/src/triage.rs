//! Triage and routing: the menu of an inbox as one job for each message, the rules that say where a conversation belongs,
//! and the watch over those that nobody looks after. Source: domain, triage flow and routing rule format.

mod dry_run;
mod facts;
mod hear;
mod route;
mod rules;
mod watch;

use patchbay_http::{OpenApiRouter, routes};
use std::sync::Arc;

use patchbay_core::ids::{ConversationId, JobId, MessageId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::routing::{RoutingRule, RuleRef, RuleSet};
use patchbay_store::routing_rules::RoutingRuleRow;
use serde_json::json;

pub use hear::{hear, unclear_text};
pub use watch::{Watched, watch};

use crate::state::Hub;

/// How often a message is taken up before it becomes a dead letter.
const TRIES: i64 = 20;

/// The endpoints under `/api/v1/routing-rules`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(rules::list, rules::create))
        .routes(routes!(rules::read, rules::change, rules::deactivate))
        .routes(routes!(dry_run::dry_run))
}

/// The job that takes a message of the customer into account. Those of a conversation run one after the other.
pub(crate) fn job(ctx: &patchbay_core::Ctx, conversation: ConversationId, message: MessageId) -> NewJob {
    NewJob {
        id: JobId::new(),
        queue: JobQueue::High,
        kind: JobKind::Triage,
        lane: Some(format!("triage:{conversation}")),
        dedupe_key: Some(format!("triage:{message}")),
        payload: json!({ "message_id": message }),
        run_at: ctx.now,
        max_attempts: TRIES,
    }
}

/// Rules made ready; the ones made ready before, when they are the same.
pub(crate) fn rules_of(rows: &[RoutingRuleRow], known: Arc<RuleSet>) -> Arc<RuleSet> {
    let rules: Vec<RoutingRule> = rows.iter().filter_map(rule_of).collect();
    let refs: Vec<RuleRef> = rules.iter().map(|rule| rule.rule).collect();
    if known.refs() == refs { known } else { Arc::new(RuleSet::compile(rules)) }
}

/// `None`: what is stored is not what this release writes; such a rule never applies.
fn rule_of(row: &RoutingRuleRow) -> Option<RoutingRule> {
    Some(RoutingRule {
        rule: RuleRef { id: row.id, version: row.version },
        order: row.rule_order,
        stop: row.stop,
        when: serde_json::from_value(row.conditions.clone()).ok()?,
        then: serde_json::from_value(row.consequences.clone()).ok()?,
    })
}
