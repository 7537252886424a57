use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode};
use patchbay_core::audit::Outcome;
use patchbay_core::ids::{TechnicianId, TicketId};
use patchbay_core::ticket::{Ticket, TicketState as S};
use patchbay_store::{audit, outbox};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Answer, App, both_engines, some_id};

both_engines! {
    of_two_hundred_callers_one_takes_each_step;
    of_two_hundred_changes_none_is_lost;
    two_hundred_callers_with_different_wishes_leave_one_story;
    of_two_hundred_callers_who_saw_the_same_version_one_writes;
    a_thousand_requests_with_one_key_have_one_effect;
}

const CALLERS: usize = 200;
/// How often a caller says the same again while the desk is too busy: waits for connections and locks are bounded.
const TRIES: usize = 60;

/// Gives the same command on a ticket from many callers at once, each under a key of its own.
async fn all_at_once(app: &Arc<App>, ticket: TicketId, calls: Vec<(&'static str, Value)>) -> Vec<Answer> {
    let mut requests = JoinSet::new();
    for (path, body) in calls {
        let app = app.clone();
        let path = format!("/tickets/{ticket}/{path}");
        requests.spawn(async move { app.patiently(&path, some_id(), &[], &body).await });
    }
    requests.join_all().await
}

impl App {
    /// Gives a command as a dispatcher with patience: when the desk is too busy, waits and says the same again.
    async fn patiently(&self, path: &str, key: Uuid, headers: &[(&str, String)], body: &Value) -> Answer {
        for _ in 0..TRIES {
            let request = Request::post(path)
                .header("authorization", format!("Bearer {}", self.token("dispatcher")))
                .header("content-type", "application/json")
                .header("idempotency-key", key.to_string());
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
            let answer = self.send(request.body(Body::from(body.to_string())).expect("a request")).await;
            if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                return answer;
            }
            assert_eq!((answer.code().as_str(), &answer.headers["retry-after"]), ("NOT_READY", &HeaderValue::from(1)));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{path} is never free");
    }
}

/// How often each status and code was answered.
fn tally(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    answers.iter().fold(BTreeMap::new(), |mut tally, answer| {
        *tally.entry((answer.status.as_u16(), answer.code())).or_default() += 1;
        tally
    })
}

/// Each success has a version and an audit entry of its own, the versions have no gaps, the steps chain, and others were
/// told of each version once.
async fn check_story(app: &App, before: &Ticket, successes: usize) {
    let after = app.read_back(before.id).await;
    let grown = i64::try_from(successes).expect("a small number");
    assert_eq!(after.version, before.version + grown);
    app.way(before.id).await;
    let mut tx = app.db.read().await.expect("reads");
    let entries = audit::of_ticket(&mut tx, before.id, None, 1_000).await.expect("entries");
    let versions: BTreeSet<i64> = entries
        .iter()
        .filter(|row| row.entry.outcome == Outcome::Success)
        .filter_map(|row| row.entry.ticket_version)
        .filter(|version| *version > before.version)
        .collect();
    assert_eq!(versions, (before.version + 1..=after.version).collect());
    let told = outbox::of_aggregate(&mut tx, before.id.0).await.expect("rows");
    let mut keys = BTreeSet::new();
    assert!(told.iter().all(|row| keys.insert((row.aggregate_version, row.event_type.clone()))));
}

async fn of_two_hundred_callers_one_takes_each_step(app: App) {
    let app = Arc::new(app);
    let ticket = app.ticket_in(S::ReadyToSchedule, TechnicianId::new()).await;
    let window = app.window(24);
    let hold = json!({"hold_reason": "CUSTOMER_PENDING", "confirmation_window": app.window(0)});
    let mut hold_id = Value::Null;
    for step in 0..4 {
        let (path, body) = match step {
            0 => ("schedule/propose", json!({"options": [window]})),
            1 => ("schedule/confirm", json!(window)),
            2 => ("schedule/hold", hold.clone()),
            _ => ("schedule/release", json!({"customer_confirmation_id": hold_id})),
        };
        let before = app.read_back(ticket.id).await;
        let answers = all_at_once(&app, ticket.id, vec![(path, body); CALLERS]).await;
        let won = answers.iter().filter(|answer| answer.status.is_success()).count();
        let late = tally(&answers).get(&(409, "INVALID_STATE_TRANSITION".to_owned())).copied();
        assert_eq!((won, late), (1, Some(CALLERS - 1)), "{path}: {:?}", tally(&answers));
        if let Some(answer) = answers.iter().find(|answer| answer.status == StatusCode::CREATED) {
            hold_id = answer.json()["hold_id"].clone();
        }
        check_story(&app, &before, 1).await;
    }
    let story = [S::ScheduleProposed, S::Scheduled, S::PendingCustomerConfirmation, S::Scheduled];
    assert!(app.way(ticket.id).await.ends_with(&story));
}

async fn of_two_hundred_changes_none_is_lost(app: App) {
    let app = Arc::new(app);
    let ticket = app.ticket_in(S::Scheduled, TechnicianId::new()).await;
    let call = ("escalate", json!({"reason": "nobody answers", "target": "supervisor"}));
    let answers = all_at_once(&app, ticket.id, vec![call; CALLERS]).await;
    assert_eq!(tally(&answers).get(&(200, String::new())), Some(&CALLERS), "{:?}", tally(&answers));
    let levels: BTreeSet<i64> =
        answers.iter().filter_map(|answer| answer.json()["escalation_level"].as_i64()).collect();
    assert_eq!(levels.len(), CALLERS);
    check_story(&app, &ticket, CALLERS).await;
}

async fn two_hundred_callers_with_different_wishes_leave_one_story(app: App) {
    let app = Arc::new(app);
    let technician = app.technician().await;
    let ticket = app.ticket_in(S::InProgress, technician).await;
    let mut new_window = json!(app.window(200));
    new_window["reason"] = json!("busy");
    new_window["attribution"] = json!("provider");
    let wishes = [
        ("tech/hold", json!({"reason": "PARTS_ORDERED", "note": "a hinge"})),
        ("tech/resume", json!({})),
        ("dispatch/force-hold", json!({"reason": "storm"})),
        ("dispatch/force-unassign", json!({"reason": "ill"})),
        ("schedule/return-visit", json!({"reason": "parts"})),
        ("schedule/propose", json!({"options": [app.window(300)]})),
        ("schedule/reject", json!({"reason": "no"})),
        ("schedule/reschedule", new_window),
        ("escalate", json!({"reason": "slow", "target": "dispatcher"})),
        ("cancel", json!({"reason": "gone"})),
    ];
    // Most wish for work to stop and go on; one wishes for its end.
    let calls = (0..CALLERS).map(|n| wishes[if n == 150 { 9 } else { n % 9 }].clone()).collect();
    let answers = all_at_once(&app, ticket.id, calls).await;
    let won = answers.iter().filter(|answer| answer.status.is_success()).count();
    let tally = tally(&answers);
    assert!(tally.keys().all(|(status, code)| *status == 200 || code == "INVALID_STATE_TRANSITION"), "{tally:?}");
    check_story(&app, &ticket, won).await;
}

async fn of_two_hundred_callers_who_saw_the_same_version_one_writes(app: App) {
    let app = Arc::new(app);
    let ticket = app.ticket_in(S::Scheduled, TechnicianId::new()).await;
    let mut requests = JoinSet::new();
    for caller in 0..CALLERS {
        let (app, ticket) = (app.clone(), ticket.clone());
        requests.spawn(async move {
            let mut body = json!({"reason": "nobody answers", "target": "supervisor"});
            let path = format!("/tickets/{}/escalate", ticket.id);
            if caller % 2 == 0 {
                let seen = [("if-match", format!("\"{}\"", ticket.version))];
                return app.patiently(&path, some_id(), &seen, &body).await;
            }
            body["expected_version"] = json!(ticket.version);
            app.patiently(&path, some_id(), &[], &body).await
        });
    }
    let answers = requests.join_all().await;
    let expect = BTreeMap::from([((200, String::new()), 1), ((409, "VERSION_CONFLICT".to_owned()), CALLERS - 1)]);
    assert_eq!(tally(&answers), expect);
    let conflict = answers.iter().find(|answer| answer.status == StatusCode::CONFLICT).expect("most of them").json();
    assert_eq!(conflict["error"]["current_version"], ticket.version + 1);
    assert_eq!(conflict["error"]["policy_error"]["dimension"], "concurrency");
    check_story(&app, &ticket, 1).await;
}

async fn a_thousand_requests_with_one_key_have_one_effect(app: App) {
    let app = Arc::new(app);
    let ticket = app.ticket_in(S::Scheduled, TechnicianId::new()).await;
    let (key, body) = (some_id(), json!({"reason": "nobody answers", "target": "supervisor"}));
    let mut requests = JoinSet::new();
    for _ in 0..1_000 {
        let (app, body, path) = (app.clone(), body.clone(), format!("/tickets/{}/escalate", ticket.id));
        requests.spawn(async move { app.patiently(&path, key, &[], &body).await });
    }
    let answers = requests.join_all().await;
    let bodies: BTreeSet<&str> =
        answers.iter().filter(|answer| answer.status == StatusCode::OK).map(|answer| answer.text.as_str()).collect();
    assert_eq!(bodies.len(), 1, "{:?}", tally(&answers));
    let first =
        answers.iter().filter(|a| a.status == StatusCode::OK && !a.headers.contains_key("idempotency-replayed"));
    assert_eq!(first.count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        assert_eq!(answer.code(), "IDEMPOTENCY_IN_PROGRESS", "{}", answer.text);
    }
    check_story(&app, &ticket, 1).await;
}
