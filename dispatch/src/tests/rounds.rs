//! Commands on different tickets at the same time: on PostgreSQL they share transactions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use patchbay_core::ids::{TechnicianId, TicketId};
use patchbay_core::ticket::TicketState as S;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::concurrency::entries_in_chain;
use super::{Answer, App, both_engines, some_id};

both_engines! {
    commands_at_the_same_time_do_not_touch_each_other;
    of_two_commands_on_one_ticket_the_second_sees_the_first;
}

/// What a caller asks, in turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    /// Succeeds.
    Plain,
    /// Succeeds, and writes a row of its own: the question for an approval.
    Dear,
    /// Is refused before anything is written: somebody else changed the ticket.
    Late,
    /// Is refused: the fields do not fit.
    Misfit,
}

const WISHES: [Wish; 4] = [Wish::Plain, Wish::Dear, Wish::Late, Wish::Misfit];

async fn triage(app: &App, ticket: TicketId, key: Uuid, wish: Wish) -> Answer {
    let mut body = json!({"priority": "URGENT", "incident_type": "door_wont_latch"});
    match wish {
        Wish::Plain => {}
        Wish::Dear => {
            body["nte_cents"] = json!(10_000);
            body["estimate_cents"] = json!(15_000);
            body["ready_to_schedule"] = json!(true);
        }
        Wish::Late => body["expected_version"] = json!(77),
        Wish::Misfit => body["priority"] = json!("SOON"),
    }
    app.post(&app.token("dispatcher"), &format!("/tickets/{ticket}/triage"), key, &body).await
}

async fn commands_at_the_same_time_do_not_touch_each_other(app: App) {
    let technician = TechnicianId::new();
    let mut asked = Vec::new();
    for wish in WISHES.into_iter().cycle().take(24) {
        asked.push((app.ticket_in(S::New, technician).await.id, some_id(), wish));
    }
    let before = entries_in_chain(&app).await;
    let app = Arc::new(app);
    let mut requests = JoinSet::new();
    for (ticket, key, wish) in asked.clone() {
        let app = app.clone();
        requests.spawn(async move { (ticket, triage(&app, ticket, key, wish).await) });
    }
    let answers: BTreeMap<TicketId, Answer> = requests.join_all().await.into_iter().collect();
    for (ticket, key, wish) in asked {
        let (answer, now) = (&answers[&ticket], app.read_back(ticket).await);
        let expect = match wish {
            Wish::Plain => (StatusCode::OK, S::Triaged, 3),
            Wish::Dear => (StatusCode::OK, S::ApprovalRequired, 3),
            Wish::Late => (StatusCode::CONFLICT, S::New, 2),
            Wish::Misfit => (StatusCode::BAD_REQUEST, S::New, 2),
        };
        assert_eq!((answer.status, now.state, now.version), expect, "{wish:?}: {}", answer.text);
        let again = triage(&app, ticket, key, wish).await;
        assert_eq!(again.status, answer.status, "{wish:?}");
        if answer.status == StatusCode::OK {
            assert_eq!(again.text, answer.text);
            assert_eq!(again.headers["idempotency-replayed"], "true");
            assert_eq!(app.way(ticket).await.last(), Some(&now.state));
        }
    }
    // Twelve that succeeded, and six refusals twice. What does not fit is no attempt.
    assert_eq!(entries_in_chain(&app).await - before, 12 + 12);
}

async fn of_two_commands_on_one_ticket_the_second_sees_the_first(app: App) {
    let ticket = app.ticket_in(S::New, TechnicianId::new()).await.id;
    let app = Arc::new(app);
    let mut requests = JoinSet::new();
    for _ in 0..2 {
        let app = app.clone();
        requests.spawn(async move { triage(&app, ticket, some_id(), Wish::Plain).await });
    }
    let mut statuses: Vec<u16> = requests.join_all().await.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(app.read_back(ticket).await.version, 3);
}
