//! assignment.recommend: who could do it, best first. Source: domain, recommendation.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::candidate::{Candidate, Job, Span, Unfit};
use super::slot;
use crate::code::Code;
use crate::ids::TechnicianId;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;

/// How many are recommended when nobody says.
const USUAL_LIMIT: usize = 5;

/// What is asked.
#[derive(Clone, Debug, Deserialize)]
pub struct Question {
    /// Code of the service, or the skill it needs.
    pub service_type: String,
    /// How many.
    pub recommendation_limit: Option<usize>,
    /// When.
    pub preferred_window: Option<Span>,
}

/// A technician in the ranking.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranked {
    /// Who.
    pub technician_id: TechnicianId,
    /// Name to show.
    pub name: String,
    /// Place in the ranking, from 1.
    pub rank: usize,
    /// 1000 for the skill, 200 for the zone, less 10 for each job, and the quality.
    pub score: f64,
    /// Whether the site's zone is one of the technician's.
    pub zone_match: bool,
    /// How many jobs count as load.
    pub active_jobs: i64,
    /// 0 to 1; kept for later.
    pub quality: f64,
    /// When the technician is free for long enough, within 30 days.
    pub earliest_slot: Option<DateTime<Utc>>,
    /// Who goes first among equals; lower comes first.
    pub priority_rank: i64,
}

/// A ranking, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// When the work is to be done.
    pub window: Span,
    /// How many were asked for.
    pub limit: usize,
    /// The best, best first; at least one.
    pub candidates: Vec<Ranked>,
}

impl Ranking {
    /// The best of all.
    pub fn best(&self) -> TechnicianId {
        self.candidates[0].technician_id
    }
}

/// When the work is to be done: as asked, else as scheduled, else as requested. Error: 409
/// `ASSIGNMENT_RECOMMENDATION_CONTEXT_MISSING`.
pub fn window(ticket: &Ticket, question: &Question) -> Result<Span, Refusal> {
    let span = |start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>| Some(Span { start: start?, end: end? });
    question
        .preferred_window
        .or_else(|| span(ticket.scheduled_start, ticket.scheduled_end))
        .or_else(|| span(ticket.requested_start, ticket.requested_end))
        .ok_or_else(|| {
            let message = "neither the ticket nor the request says when";
            Refusal::new(Code::AssignmentRecommendationContextMissing, message).because("missing", "preferred_window")
        })
}

/// Ranks those who fit. Error: 409 `ASSIGNMENT_RECOMMENDATION_UNAVAILABLE` with how many were left out and why.
pub fn rank(
    question: &Question,
    job: &Job,
    window: Span,
    candidates: &[Candidate],
    now: DateTime<Utc>,
) -> Result<Ranking, Refusal> {
    let limit = question.recommendation_limit.unwrap_or(USUAL_LIMIT);
    let length = (window.end - window.start).min(TimeDelta::hours(8));
    let mut left_out: BTreeMap<Unfit, usize> = BTreeMap::new();
    let mut ranked: Vec<Ranked> = Vec::new();
    for candidate in candidates {
        match candidate.unfit(job, &window) {
            Some(reason) => *left_out.entry(reason).or_default() += 1,
            None => ranked.push(weigh(candidate, job, length, now)),
        }
    }
    ranked.sort_by(|one, other| {
        let by_slot = |ranked: &Ranked| (ranked.earliest_slot.is_none(), ranked.earliest_slot);
        let by_score = other.score.total_cmp(&one.score);
        by_score
            .then(one.active_jobs.cmp(&other.active_jobs))
            .then(other.quality.total_cmp(&one.quality))
            .then(by_slot(one).cmp(&by_slot(other)))
            .then(one.priority_rank.cmp(&other.priority_rank))
            .then(one.technician_id.cmp(&other.technician_id))
    });
    ranked.truncate(limit);
    for (place, ranked) in (1..).zip(&mut ranked) {
        ranked.rank = place;
    }
    if ranked.is_empty() {
        let left_out: BTreeMap<&str, usize> =
            left_out.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        return Err(Refusal::new(Code::AssignmentRecommendationUnavailable, "no technician fits")
            .because("excluded", json!(left_out)));
    }
    Ok(Ranking { window, limit, candidates: ranked })
}

fn weigh(candidate: &Candidate, job: &Job, length: TimeDelta, now: DateTime<Utc>) -> Ranked {
    // Whoever is weighed has the skill and covers the zone; a site without a zone gives nobody an advantage.
    let zone_match = job.place.zone.is_some();
    let (load, quality) = (candidate.load(), 0.0);
    let whole = 1000 + if zone_match { 200 } else { 0 } - 10 * load;
    Ranked {
        technician_id: candidate.id,
        name: candidate.name.clone(),
        rank: 0,
        score: i32::try_from(whole).map_or(f64::MIN, f64::from) + quality,
        zone_match,
        active_jobs: load,
        quality,
        earliest_slot: slot::earliest(candidate, &job.timezone, now, length),
        priority_rank: candidate.priority_rank,
    }
}

/// The ticket stays as it is; others learn that there is a ranking.
pub fn decide(ticket: &Ticket, ranking: &Ranking) -> Change {
    let mut change = Change::of(ticket);
    let facts = json!({ "recommended_tech_id": ranking.best(), "candidates": ranking.candidates.len() });
    change.tell_with(Topic::AssignmentRecommended, facts);
    change
}

#[cfg(test)]
mod tests;
