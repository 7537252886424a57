use super::*;
use crate::calendar::Opening;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn policy() -> SlaPolicy {
    SlaPolicy {
        id: SlaPolicyId(uuid::Uuid::nil()),
        version: 1,
        first_response: Some(TimeDelta::minutes(10)),
        resolution: Some(TimeDelta::minutes(60)),
        escalation: None,
        warning: None,
        calendar: None,
    }
}

fn facts(status: ConversationStatus) -> SlaFacts {
    SlaFacts { started_at: at("2026-01-05T12:00:00Z"), first_response_at: None, status, closed_at: None }
}

fn begun(policy: &SlaPolicy) -> SlaTrack {
    SlaTrack::follow(None, Some(policy), facts(ConversationStatus::Queued), at("2026-01-05T12:00:00Z")).unwrap()
}

#[test]
fn no_policy_no_clock() {
    assert_eq!(SlaTrack::follow(None, None, facts(ConversationStatus::Queued), at("2026-01-05T12:00:00Z")), None);
}

#[test]
fn deadlines_count_from_the_first_message() {
    let track = begun(&policy());
    assert_eq!(track.first_response.due_at, Some(at("2026-01-05T12:10:00Z")));
    assert_eq!(track.resolution.due_at, Some(at("2026-01-05T13:00:00Z")));
    assert_eq!(track.next_at(), Some(at("2026-01-05T12:08:00Z")));
    assert_eq!(track.status(), SlaStatus::Healthy);
}

#[test]
fn warnings_and_breaches_come_once_and_to_the_second() {
    let mut track = begun(&policy());
    assert_eq!(track.fire(at("2026-01-05T12:07:59Z")), []);
    assert_eq!(track.fire(at("2026-01-05T12:08:00Z")), [SlaNews::Warning(SlaTarget::FirstResponse)]);
    assert_eq!(track.status(), SlaStatus::Warning);
    assert_eq!(track.fire(at("2026-01-05T12:08:00Z")), []);
    assert_eq!(track.next_at(), Some(at("2026-01-05T12:10:00Z")));
    assert_eq!(track.fire(at("2026-01-05T12:10:00Z")), [SlaNews::Breach(SlaTarget::FirstResponse)]);
    assert_eq!(track.status(), SlaStatus::Breach);
}

#[test]
fn an_answer_stops_the_first_clock_and_waiting_for_the_customer_the_second() {
    let policy = policy();
    let answered =
        SlaFacts { first_response_at: Some(at("2026-01-05T12:05:00Z")), ..facts(ConversationStatus::PendingCustomer) };
    let track = SlaTrack::follow(Some(&begun(&policy)), Some(&policy), answered, at("2026-01-05T12:05:00Z")).unwrap();
    assert_eq!((track.resolution.due_at, track.next_at()), (None, None));
    let again = SlaFacts { status: ConversationStatus::PendingAgent, ..answered };
    let track = SlaTrack::follow(Some(&track), Some(&policy), again, at("2026-01-05T14:05:00Z")).unwrap();
    assert_eq!(track.resolution.due_at, Some(at("2026-01-05T15:00:00Z")));
    assert_eq!(track.next_at(), Some(at("2026-01-05T14:48:00Z")));
}

#[test]
fn a_changed_policy_moves_what_is_still_open() {
    let track = begun(&policy());
    let quicker = SlaPolicy { version: 2, first_response: Some(TimeDelta::minutes(5)), ..policy() };
    let mut track =
        SlaTrack::follow(Some(&track), Some(&quicker), facts(ConversationStatus::Queued), at("2026-01-05T12:06:00Z"))
            .unwrap();
    assert_eq!(track.policy_version, 2);
    assert_eq!(track.next_at(), Some(at("2026-01-05T12:04:00Z")));
    let news = track.fire(at("2026-01-05T12:06:00Z"));
    assert!(news.contains(&SlaNews::Breach(SlaTarget::FirstResponse)), "{news:?}");
    let none = SlaTrack::follow(Some(&track), None, facts(ConversationStatus::Queued), at("2026-01-05T12:07:00Z"));
    assert_eq!(none.unwrap().next_at(), None);
}

#[test]
fn an_answer_after_the_deadline_is_a_breach_also_when_no_timer_saw_it() {
    let policy = policy();
    let late =
        SlaFacts { first_response_at: Some(at("2026-01-05T12:10:01Z")), ..facts(ConversationStatus::PendingCustomer) };
    let track = SlaTrack::follow(Some(&begun(&policy)), Some(&policy), late, at("2026-01-05T12:10:01Z")).unwrap();
    assert_eq!(track.first_response.breached_at, Some(at("2026-01-05T12:10:00Z")));
}

#[test]
fn business_hours_and_clock_changes_count_exactly() {
    let opening = |weekday| Opening { weekday, open: "09:00".parse().unwrap(), close: "17:00".parse().unwrap() };
    let calendar = Calendar::new("America/Toronto", (0..5).map(opening).collect(), []).unwrap();
    let policy = SlaPolicy { calendar: Some(Arc::new(calendar)), ..policy() };
    // Friday 16:55 in winter time; on Monday it is summer time.
    let friday = SlaFacts { started_at: at("2026-03-06T21:55:00Z"), ..facts(ConversationStatus::Queued) };
    let track = SlaTrack::follow(None, Some(&policy), friday, friday.started_at).unwrap();
    assert_eq!(track.first_response.due_at, Some(at("2026-03-09T13:05:00Z")));
    // Friday 16:55 in summer time; on Monday it is winter time.
    let friday = SlaFacts { started_at: at("2026-10-30T20:55:00Z"), ..friday };
    let track = SlaTrack::follow(None, Some(&policy), friday, friday.started_at).unwrap();
    assert_eq!(track.first_response.due_at, Some(at("2026-11-02T14:05:00Z")));
}
