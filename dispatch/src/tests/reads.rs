use axum::http::StatusCode;
use patchbay_core::ids::{TicketId, ZoneId};
use patchbay_core::place::PlaceStatus;
use patchbay_core::ticket::words::WorkHoldReason;
use patchbay_core::ticket::{Ticket, TicketPriority, TicketState};
use patchbay_store::zones::{self, ZoneRow};
use patchbay_store::{sites, tickets};
use serde_json::{Value, json};
use std::time::Duration;

use super::{App, both_engines, some_id};

both_engines! {
    the_queue_shows_the_most_pressing_first;
    the_queue_is_filtered_and_bounded_by_scope;
    a_wrong_filter_is_refused;
    the_queue_says_what_may_be_done;
    a_ticket_can_be_shown_in_detail;
    a_list_is_filtered_by_states_and_words_of_dealerships;
    a_timeline_is_read_in_pages;
    a_ticket_shows_what_it_waits_for;
    a_packet_has_what_the_work_needs;
    the_weight_of_a_zone_reaches_the_queue;
}

impl App {
    async fn ticket(&self) -> String {
        let made = self.post(&self.token("dispatcher"), "/tickets", some_id(), &self.request()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        made.json()["id"].as_str().expect("an id").to_owned()
    }

    /// Puts a ticket where a test wants it, past the commands.
    async fn place(&self, id: &str, change: impl FnOnce(&mut Ticket)) {
        let id: TicketId = id.parse().expect("an id");
        let mut tx = self.db.begin().await.expect("begins");
        let mut ticket = tickets::lock(&mut tx, id).await.expect("reads").expect("is there");
        change(&mut ticket);
        ticket.version += 1;
        tickets::update(&mut tx, &ticket).await.expect("updates");
        tx.commit().await.expect("commits");
    }

    async fn queue(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&self.token("dispatcher"), &format!("/ux/dispatcher/cockpit{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
        answer.json()["queue"].as_array().expect("a queue").clone()
    }
}

fn ids(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().expect("an id").to_owned()).collect()
}

async fn the_queue_shows_the_most_pressing_first(app: App) {
    let mut made = Vec::new();
    for _ in 0..6 {
        made.push(app.ticket().await);
    }
    let due = |minutes: i64| app.now() + chrono::TimeDelta::minutes(minutes);
    let (late, warned, paused) = (due(-5), due(45), app.now() - chrono::TimeDelta::minutes(30));
    app.place(&made[0], |ticket| ticket.sla.due_at = due(500)).await;
    app.place(&made[1], |ticket| {
        ticket.sla.due_at = warned;
        ticket.priority = TicketPriority::Routine;
    })
    .await;
    app.place(&made[2], |ticket| {
        ticket.sla.due_at = warned;
        ticket.priority = TicketPriority::Emergency;
    })
    .await;
    app.place(&made[3], |ticket| ticket.sla.due_at = late).await;
    // Its time stood still with 100 minutes left.
    app.place(&made[4], |ticket| {
        ticket.state = TicketState::OnHold;
        ticket.hold_reason = Some(WorkHoldReason::CustomerRequest);
        ticket.sla.due_at = paused + chrono::TimeDelta::minutes(100);
        ticket.sla.paused_since = Some(paused);
    })
    .await;
    app.place(&made[5], |ticket| {
        ticket.sla.due_at = warned;
        ticket.ranking_score = 99;
    })
    .await;
    let queue = app.queue("").await;
    let expect: Vec<&String> = [3, 2, 5, 1, 4, 0].iter().map(|index| &made[*index]).collect();
    assert_eq!(ids(&queue, "ticket_id").iter().collect::<Vec<_>>(), expect);
    let statuses: Vec<&str> = queue.iter().map(|row| row["sla_status"].as_str().expect("a word")).collect();
    assert_eq!(statuses, ["breach", "warning", "warning", "warning", "healthy", "healthy"]);
    assert_eq!(queue[0]["sla_timer_remaining"], "-00:05");
    assert_eq!(queue[4]["sla_timer_remaining_minutes"], 100);
    assert_eq!(queue[0]["region_weight"], 500);
    assert_eq!(queue[0]["site"]["city"], "Toronto");
    assert_eq!(ids(&app.queue("?sla_status=warning,breach").await, "ticket_id").len(), 4);
    assert_eq!(ids(&app.queue("?sla_status=healthy").await, "ticket_id"), [made[4].clone(), made[0].clone()]);
}

async fn the_queue_is_filtered_and_bounded_by_scope(app: App) {
    let (one, other) = (app.ticket().await, app.ticket().await);
    app.place(&one, |ticket| ticket.state = TicketState::Closed).await;
    assert_eq!(ids(&app.queue("").await, "ticket_id"), std::slice::from_ref(&other));
    assert_eq!(ids(&app.queue("?state=CLOSED&state=CANCELLED").await, "ticket_id"), std::slice::from_ref(&one));
    assert_eq!(app.queue("?state=closed,new").await.len(), 2);
    assert_eq!(app.queue(&format!("?site_id={}", app.site)).await.len(), 1);
    assert_eq!(app.queue(&format!("?account_id={}", some_id())).await.len(), 0);
    assert_eq!(app.queue("?priority=EMERGENCY").await.len(), 0);
    let elsewhere = app.scoped_token("dispatcher", some_id(), &["*".into()], &[some_id().to_string()]);
    let answer = app.get(&elsewhere, "/ux/dispatcher/cockpit").await;
    assert_eq!((answer.status, answer.json()["queue"].clone()), (StatusCode::OK, json!([])));
    let answer = app.get(&elsewhere, &format!("/ux/dispatcher/cockpit?ticket_id={other}")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN_SCOPE"));
}

async fn a_wrong_filter_is_refused(app: App) {
    let token = app.token("dispatcher");
    for query in ["state=TOMORROW", "site_id=7", "sla_status=late", "ticket_id=x", "sort=code", "priority=HIGH"] {
        let answer = app.get(&token, &format!("/ux/dispatcher/cockpit?{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "INVALID_QUERY"), "{query}");
    }
    for query in ["state=TOMORROW", "account_id=7", "limit=0", "limit=x", "cursor=x", "updated_since=now", "page=1"] {
        let answer = app.get(&token, &format!("/tickets?{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "INVALID_QUERY"), "{query}");
    }
    let refused = app.get(&app.token("finance"), "/ux/dispatcher/cockpit").await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"));
}

async fn the_queue_says_what_may_be_done(app: App) {
    let id = app.ticket().await;
    let queue = app.queue("").await;
    let action = |name: &str| {
        let actions = queue[0]["actions"].as_array().expect("actions");
        actions.iter().find(|action| action["action_id"] == name).expect("the action").clone()
    };
    assert_eq!(
        action("triage"),
        json!({"action_id": "triage", "tool_name": "ticket.triage", "endpoint": format!("/tickets/{id}/triage"),
            "method": "POST", "mutating": true, "enabled": true, "policy_error": null})
    );
    let refused = action("confirm_schedule");
    assert_eq!(refused["enabled"], false);
    let error = &refused["policy_error"];
    assert_eq!((&error["code"], &error["dimension"]), (&json!("INVALID_STATE_TRANSITION"), &json!("state")));
    assert_eq!(error["from_state"], "NEW");
    assert_eq!(error["allowed_from_states"], json!(["SCHEDULE_PROPOSED"]));
    assert_eq!(action("generate_invoice")["policy_error"]["dimension"], "role");
    assert_eq!(action("open_timeline")["mutating"], false);
    // What is shown is what the command answers.
    let answer = app
        .post(
            &app.token("dispatcher"),
            &format!("/tickets/{id}/schedule/confirm"),
            some_id(),
            &json!({
                "start": "2026-02-01T10:00:00Z", "end": "2026-02-01T12:00:00Z"
            }),
        )
        .await;
    assert_eq!(answer.json()["error"]["policy_error"]["message"], error["message"]);
}

async fn a_ticket_can_be_shown_in_detail(app: App) {
    let id = app.ticket().await;
    let answer = app.get(&app.token("supervisor"), &format!("/ux/dispatcher/cockpit?ticket_id={id}")).await.json();
    let selected = &answer["selected_ticket"];
    assert_eq!(selected["ticket"]["id"], json!(id));
    assert_eq!(selected["timeline"][0]["tool_name"], "ticket.create");
    assert_eq!(selected["evidence_summary"]["total_items"], 0);
    assert_eq!(answer["actor"]["actor_role"], "supervisor");
    assert_eq!(answer["actor"]["tool_name"], "dispatcher.cockpit");
    assert_eq!(answer["filters_applied"]["ticket_id"], json!(id));
    let missing = app.get(&app.token("supervisor"), &format!("/ux/dispatcher/cockpit?ticket_id={}", some_id())).await;
    assert_eq!(missing.code(), "TICKET_NOT_FOUND");
}

async fn a_list_is_filtered_by_states_and_words_of_dealerships(app: App) {
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(app.ticket().await);
    }
    let states = [TicketState::Dispatched, TicketState::ApprovalRequired, TicketState::ApprovalRequired];
    for (id, state) in made.iter().zip(states) {
        app.place(id, |ticket| ticket.state = state).await;
    }
    app.place(&made[2], |ticket| ticket.assigned_provider_id = Some(some_id().into())).await;
    let token = app.token("dispatcher");
    let list = async |query: &str| {
        let answer = app.get(&token, &format!("/tickets?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let mut listed = ids(answer.json()["data"].as_array().expect("rows"), "id");
        listed.sort();
        let index = |id: &String| made.iter().position(|known| known == id).expect("known");
        listed.iter().map(index).collect::<Vec<_>>()
    };
    assert_eq!(list("state=APPROVAL_REQUIRED").await, [1, 2]);
    assert_eq!(list("state=NEW,DISPATCHED").await, [0, 3]);
    assert_eq!(list("status=PENDING").await, [1, 3]);
    assert_eq!(list("state=pending").await, [1, 3]);
    assert_eq!(list("status=IN_PROGRESS").await, [2]);
    assert_eq!(list("status=IN_PROGRESS&status=PENDING").await, [1, 2, 3]);
    assert_eq!(list("status=SCHEDULED").await, [0]);
    assert_eq!(list("status=COMPLETED").await, [] as [usize; 0]);
    assert_eq!(list("q=LATCH&priority=ROUTINE").await, [0, 1, 2, 3]);
    assert_eq!(list("updated_since=2030-01-01T00:00:00Z").await, [] as [usize; 0]);
    // Whoever does the work does not see what others do.
    let technician = app.token("technician");
    let listed = app.get(&technician, "/tickets").await.json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(3));
}

async fn a_timeline_is_read_in_pages(app: App) {
    let body = app.intake();
    let token = app.token("ai_agent");
    let id = app.post(&token, "/tickets/intake", some_id(), &body).await.json()["id"].as_str().expect("id").to_owned();
    for _ in 0..3 {
        app.clock.advance(Duration::from_secs(1));
        app.post(&app.token("ai_agent"), "/tickets/intake", some_id(), &body).await;
    }
    let token = app.token("dispatcher");
    let first = app.get(&token, &format!("/tickets/{id}/timeline?limit=3")).await.json();
    assert_eq!(first["events"].as_array().map(Vec::len), Some(3));
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let second = app.get(&token, &format!("/tickets/{id}/timeline?limit=3&cursor={cursor}")).await.json();
    assert_eq!((second["events"].as_array().map(Vec::len), &second["next_cursor"]), (Some(1), &Value::Null));
    assert_eq!(second["events"][0]["outcome"], "denied");
}

async fn a_ticket_shows_what_it_waits_for(app: App) {
    let id = app.ticket().await;
    let ticket = app.get(&app.token("customer"), &format!("/tickets/{id}")).await;
    assert_eq!(ticket.headers["etag"], "\"1\"");
    let ticket = ticket.json();
    assert_eq!((&ticket["pending_approval"], &ticket["active_hold"]), (&Value::Null, &Value::Null));
    assert_eq!(ticket["schedule_options"], json!([]));
    assert_eq!(ticket["state"], "NEW");
}

async fn a_packet_has_what_the_work_needs(app: App) {
    let intake = app.post(&app.token("dispatcher"), "/tickets/intake", some_id(), &app.intake()).await.json();
    let id = intake["id"].as_str().expect("an id").to_owned();
    let me = some_id();
    app.place(&id, |ticket| {
        ticket.state = TicketState::InProgress;
        ticket.assigned_provider_id = Some(me.into());
    })
    .await;
    let path = format!("/ux/technician/job-packet/{id}");
    let vendor = app.scoped_token("vendor", me, &["*".into()], &["*".into()]);
    let answer = app.get(&vendor, &path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let packet = &answer.json()["packet"];
    assert_eq!(packet["header"]["current_state"], "IN_PROGRESS");
    assert_eq!(packet["site_and_access"]["onsite_contact"]["name"], "Ada Lovelace");
    assert_eq!(packet["work_scope"]["authorized_scope_constraints"][0], "NTE_LIMIT");
    assert_eq!(packet["closeout_gate"]["ready"], false);
    assert_eq!(packet["checklist"]["source"], "none_recorded");
    assert_eq!(packet["checklist"]["required_items"][0], json!({"key": "work_performed", "checked": false}));
    let required = packet["evidence_requirements"]["required_evidence"].as_array().expect("keys");
    assert_eq!(required.len(), 4);
    assert_eq!(packet["timeline"]["events"], 1);
    let action = |name: &str| {
        let actions = packet["actions"].as_array().expect("actions");
        actions.iter().find(|action| action["action_id"] == name).expect("the action").clone()
    };
    assert_eq!(action("hold")["enabled"], true);
    assert_eq!(action("complete_work")["policy_error"]["code"], "CLOSEOUT_REQUIREMENTS_INCOMPLETE");
    assert_eq!(action("complete_work")["policy_error"]["dimension"], "evidence");
    assert_eq!(action("check_in")["policy_error"]["dimension"], "state");
    assert_eq!(action("candidate")["policy_error"]["dimension"], "role");
    // Nobody else's work, and nobody's.
    let other = app.scoped_token("technician", some_id(), &["*".into()], &["*".into()]);
    assert_eq!(app.get(&other, &path).await.code(), "NOT_ASSIGNED");
    let unassigned = app.ticket().await;
    let path = format!("/ux/technician/job-packet/{unassigned}");
    assert_eq!(app.get(&vendor, &path).await.code(), "NOT_ASSIGNED");
    assert_eq!(app.get(&app.token("dispatcher"), &path).await.status, StatusCode::OK);
    assert_eq!(app.get(&app.token("customer"), &path).await.code(), "FORBIDDEN");
}

async fn the_weight_of_a_zone_reaches_the_queue(app: App) {
    let first = app.ticket().await;
    let zone = ZoneRow {
        id: ZoneId::new(),
        account_id: None,
        name: "North".into(),
        description: None,
        centroid_lat: None,
        centroid_lon: None,
        radius_km: None,
        region_weight: 20,
        status: PlaceStatus::Active,
        version: 1,
        created_at: app.now(),
        updated_at: app.now(),
    };
    let mut tx = app.db.begin().await.expect("begins");
    zones::insert(&mut tx, &zone).await.expect("a zone");
    let mut site = sites::by_id(&mut tx, app.site).await.expect("reads").expect("is there");
    site.zone_id = Some(zone.id);
    sites::update(&mut tx, &site).await.expect("moves");
    crate::site_changed(&mut tx, app.site).await.expect("weighs");
    tx.commit().await.expect("commits");
    let second = app.ticket().await;
    let queue = app.queue("").await;
    assert_eq!(ids(&queue, "ticket_id").len(), 2);
    assert!(queue.iter().all(|row| row["region_weight"] == 20), "{first} and {second}");
    let mut tx = app.db.begin().await.expect("begins");
    zones::update(&mut tx, &ZoneRow { region_weight: 30, ..zone.clone() }).await.expect("changes");
    crate::zone_changed(&mut tx, zone.id).await.expect("weighs");
    tx.commit().await.expect("commits");
    assert_eq!(app.queue("").await[0]["region_weight"], 30);
}
