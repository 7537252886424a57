use proptest::prelude::*;

use super::super::candidate::ActiveJob;
use super::super::candidate::tests::{active, at, candidate, job, place, shift};
use super::*;
use crate::ids::ZoneId;
use crate::technician::Availability;
use crate::ticket::state::TicketState;

fn question() -> Question {
    Question { service_type: "HVAC".into(), recommendation_limit: None, preferred_window: None }
}

fn span() -> Span {
    Span { start: at(5, 9), end: at(5, 11) }
}

fn ids(candidates: &[Candidate]) -> Vec<TechnicianId> {
    let ranking = rank(&question(), &job(), span(), candidates, at(5, 8)).expect("somebody fits");
    ranking.candidates.iter().map(|ranked| ranked.technician_id).collect()
}

#[test]
fn load_then_slot_then_rank_then_id_decide() {
    let idle = candidate();
    let same = |job: ActiveJob| ActiveJob { state: TicketState::Dispatched, ..job };
    let busy = Candidate { jobs: vec![same(active(TicketState::Dispatched, place(None)))], ..candidate() };
    assert_eq!(ids(&[busy.clone(), idle.clone()]), [idle.id, busy.id]);
    let later = Candidate { hours: vec![shift(0, "09:00", "17:00")], ..candidate() };
    assert_eq!(ids(&[later.clone(), idle.clone()]), [idle.id, later.id]);
    let senior = Candidate { priority_rank: 1, ..candidate() };
    assert_eq!(ids(&[idle.clone(), senior.clone()]), [senior.id, idle.id]);
    let twin = candidate();
    assert_eq!(ids(&[twin.clone(), idle.clone()]), [idle.id, twin.id], "older ids come first");
}

#[test]
fn the_score_counts_skill_zone_and_load() {
    let zone = ZoneId::new();
    let job = Job { place: place(Some(zone)), ..job() };
    let jobs = vec![active(TicketState::Dispatched, place(Some(zone)))];
    let worker = Candidate { zones: [zone].into(), jobs, ..candidate() };
    let ranking = rank(&question(), &job, span(), &[worker], at(5, 8)).expect("fits");
    assert!((ranking.candidates[0].score - 1190.0).abs() < f64::EPSILON);
    assert_eq!((ranking.candidates[0].rank, ranking.candidates[0].zone_match), (1, true));
}

#[test]
fn nobody_is_a_refusal_that_says_why() {
    let away = Candidate { availability: Availability::Offline, ..candidate() };
    let declined = Candidate { declined: true, ..candidate() };
    let refusal = rank(&question(), &job(), span(), &[away, declined], at(5, 8)).expect_err("refused");
    assert_eq!(refusal.code, Code::AssignmentRecommendationUnavailable);
    assert_eq!(refusal.facts["excluded"], json!({ "declined": 1, "unavailable": 1 }));
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    let booleans = (any::<bool>(), any::<bool>(), any::<bool>());
    let load = proptest::collection::vec(0..4_usize, 0..4);
    (0..4_usize, booleans, load, 0..4_i64, 0..3_i64, 0..1000_u128).prop_map(|(state, flags, jobs, most, rank, id)| {
        let (is_active, skilled, declined) = flags;
        let states =
            [TicketState::Scheduled, TicketState::Dispatched, TicketState::InProgress, TicketState::ApprovalRequired];
        Candidate {
            id: TechnicianId(uuid::Uuid::from_u128(id)),
            is_active,
            availability: Availability::ALL[state],
            skills: [if skilled { "hvac".to_owned() } else { "doors".to_owned() }].into(),
            declined,
            jobs: jobs.into_iter().map(|job| active(states[job], place(None))).collect(),
            max_active_jobs: most,
            priority_rank: rank,
            ..candidate()
        }
    })
}

proptest! {
    #[test]
    fn only_who_fits_is_ranked_and_the_order_does_not_depend_on_the_input(
        mut candidates in proptest::collection::vec(any_candidate(), 0..12),
        limit in 1..20_usize,
        turn in 0..12_usize,
    ) {
        candidates.sort_by_key(|candidate| candidate.id);
        candidates.dedup_by_key(|candidate| candidate.id);
        let question = Question { recommendation_limit: Some(limit), ..question() };
        let (job, now) = (job(), at(5, 8));
        let first = rank(&question, &job, span(), &candidates, now);
        let fitting: Vec<_> = candidates.iter().filter(|candidate| candidate.unfit(&job, &span()).is_none()).collect();
        match &first {
            Err(refusal) => {
                prop_assert_eq!(refusal.code, Code::AssignmentRecommendationUnavailable);
                prop_assert!(fitting.is_empty());
            }
            Ok(ranking) => {
                prop_assert_eq!(ranking.candidates.len(), fitting.len().min(limit));
                for ranked in &ranking.candidates {
                    prop_assert!(fitting.iter().any(|candidate| candidate.id == ranked.technician_id));
                }
                for pair in ranking.candidates.windows(2) {
                    prop_assert!(pair[0].score >= pair[1].score);
                    prop_assert!(pair[0].rank < pair[1].rank);
                }
            }
        }
        let middle = turn.min(candidates.len());
        candidates.rotate_left(middle);
        candidates.reverse();
        prop_assert_eq!(first, rank(&question, &job, span(), &candidates, now));
    }
}
